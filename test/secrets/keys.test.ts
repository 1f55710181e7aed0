import { expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import { planStackDelivery } from "../../components/delivery/stack-delivery.ts";
import { writeStack } from "../fakes/stack.ts";

const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };

function plan(entry: object, secrets: object) {
  const spec = parseStack("prod", { ...writeStack({ wiki: entry }), gitops, secrets });
  const delivery = planStackDelivery(spec, ({ item }) => ({ vaultId: "v", itemId: item }));
  return spec.apps.map(delivery.ofApp).flatMap((files) => {
    if (files === undefined || !("files" in files)) return [];
    return files.files.flatMap(({ objects }) => objects);
  });
}

const owner = { keys: { DATABASE_URL: "${uri}?sslmode=require", DB_HOST: "${host}" } };
const host = "postgres-postgresql.db-postgres.svc.cluster.local";
const encode = '| urlquery | replace "+" "%20" }}';

test("External Secrets makes the keys, in each namespace of the credential", () => {
  const through = { through: "external-secret", store: { name: "mine" } };
  const secrets = plan({ owner }, through).filter(({ kind }) => kind === "ExternalSecret");
  expect(secrets.map(({ metadata }) => metadata.namespace)).toEqual(["db-postgres", "infra-wiki"]);
  for (const secret of secrets) {
    expect(secret).toMatchObject({
      spec: {
        data: [{ secretKey: "username" }, { secretKey: "password" }],
        target: {
          template: {
            data: {
              username: "{{ .username }}",
              password: "{{ .password }}",
              DATABASE_URL: `postgresql://{{ .username ${encode}:{{ .password ${encode}@${host}:5432/wiki?sslmode=require`,
              DB_HOST: host,
            },
          },
        },
      },
    });
  }
});

test("the Vault Secrets Operator makes the keys beside the login of a lease", () => {
  const vault = { connection: "tools/default" };
  const entry = { owner, credentials: "vault", vault: { restart: [] } };
  const [secret] = plan(entry, { vault }).filter(({ kind }) => kind === "VaultDynamicSecret");
  expect(secret).toMatchObject({
    spec: {
      destination: {
        transformation: {
          excludeRaw: true,
          templates: {
            DATABASE_URL: {
              text: `postgresql://{{ get .Secrets "username" ${encode}:{{ get .Secrets "password" ${encode}@${host}:5432/wiki?sslmode=require`,
            },
            DB_HOST: { text: host },
          },
        },
      },
    },
  });
});

test("without keys, and through the 1Password operator, the manifests are as they were", () => {
  const through = { through: "external-secret", store: { name: "mine" } };
  expect(JSON.stringify(plan({}, through))).not.toContain('"data":{');
  expect(plan({ owner }, {})).toEqual(plan({}, {}));
  const vault = { connection: "tools/default" };
  const entry = { credentials: "vault", vault: { restart: [] } };
  expect(JSON.stringify(plan(entry, { vault }))).not.toContain("templates");
});
