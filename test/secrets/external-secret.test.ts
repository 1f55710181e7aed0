import { expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import { planStackDelivery } from "../../components/delivery/stack-delivery.ts";
import { buildExternalSecret } from "../../components/secrets/external-secret.ts";
import { writeStack } from "../fakes/stack.ts";

const args = {
  name: "netbox-superuser",
  namespace: "infra-netbox",
  title: "NetBox superuser",
  store: { kind: "ClusterSecretStore", name: "berth-prod" },
  refreshInterval: "1h0m0s",
  labels: { a: "b" },
  annotations: { c: "d" },
} as const;
const strategies = {
  conversionStrategy: "Default",
  decodingStrategy: "None",
  metadataPolicy: "None",
};

test("brings the fields asked for, under the keys that the 1Password operator would give", () => {
  const { spec } = buildExternalSecret({ ...args, fields: ["password", "API Token", "Passwört!"] });
  const ref = (property: string) => ({ key: "NetBox superuser", property, ...strategies });
  expect(spec.data).toEqual([
    { secretKey: "password", remoteRef: ref("password") },
    { secretKey: "API-Token", remoteRef: ref("API Token") },
    { secretKey: "Passw-rt", remoteRef: ref("Passwört!") },
  ]);
  expect(spec).not.toHaveProperty("dataFrom");
});

test("brings all of an item when no field is named", () => {
  const { spec } = buildExternalSecret({ ...args, fields: [] });
  expect(spec.dataFrom).toEqual([
    // What these two do is in operators.full.test.ts.
    {
      extract: { key: "NetBox superuser", ...strategies },
      rewrite: [
        { regexp: { source: "^[^-._a-zA-Z0-9]+|[^-._a-zA-Z0-9]+$", target: "" } },
        { regexp: { source: "[^-._a-zA-Z0-9]+", target: "-" } },
      ],
    },
  ]);
  expect(spec).not.toHaveProperty("data");
});

test("gives the Secret its labels and keeps annotations of Argo CD's off it", () => {
  const { spec } = buildExternalSecret({ ...args, fields: [] });
  // A template of all values would change what is not text, such as an attached file.
  expect(spec.target).toEqual({
    name: "netbox-superuser",
    creationPolicy: "Owner",
    deletionPolicy: "Retain",
    template: { engineVersion: "v2", mergePolicy: "Replace", metadata: { labels: { a: "b" } } },
  });
});

test.each([
  [["!!!"], 'the field "!!!" has no character that'],
  [
    ["API Token", "API!Token"],
    'the field "API!Token" would have the same key in the Secret as "API Token"',
  ],
])("fails on the fields %j", (fields, problem) => {
  expect(() => buildExternalSecret({ ...args, fields })).toThrow(
    `Secret infra-netbox/netbox-superuser: ${problem}`,
  );
});

const connect = {
  host: "http://onepassword-connect.connect:8080",
  tokenSecret: { namespace: "connect", name: "onepassword-token" },
};
const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };

function plan(apps: unknown, secrets: object) {
  const spec = parseStack("prod", { ...writeStack(apps), gitops, secrets });
  const delivery = planStackDelivery(spec, ({ item }) => ({ vaultId: "v", itemId: item }));
  return [delivery.shared, ...spec.apps.map(delivery.ofApp)].flatMap((files) =>
    files !== undefined && "files" in files ? files.files : [],
  );
}

test("a stack's Secrets all come through the store, which serves its namespaces and no others", () => {
  const apps = { a: { roles: { ro: { profile: "readonly", namespace: "bi" } } }, b: null };
  const files = plan(apps, { through: "external-secret", store: { connect } });
  expect(files.map(({ path }) => path).filter((path) => path.startsWith("k8s/"))).toEqual([
    "k8s/db-provisioning/postgres-admin/00-externalsecrets-db-postgres.yaml",
    "k8s/db-provisioning/postgres-admin/00-clustersecretstore.yaml",
    "k8s/db-provisioning/a/00-externalsecrets-db-postgres.yaml",
    "k8s/infra/a/00-externalsecrets-bi.yaml",
    "k8s/infra/a/00-externalsecrets-infra-a.yaml",
    "k8s/db-provisioning/b/00-externalsecrets-db-postgres.yaml",
    "k8s/infra/b/00-externalsecrets-infra-b.yaml",
  ]);
  const stores = files
    .flatMap(({ objects }) => objects)
    .filter(({ kind }) => kind.includes("Store"));
  expect(stores).toMatchObject([
    {
      kind: "ClusterSecretStore",
      metadata: { name: "berth-prod" },
      spec: {
        conditions: [{ namespaces: ["bi", "db-postgres", "infra-a", "infra-b"] }],
        provider: {
          onepassword: {
            connectHost: "http://onepassword-connect.connect:8080",
            vaults: { Coachlight: 1 },
            auth: {
              secretRef: {
                connectTokenSecretRef: {
                  namespace: "connect",
                  name: "onepassword-token",
                  key: "token",
                },
              },
            },
          },
        },
      },
    },
  ]);
});

test("a SecretStore is made in each namespace, once, and reads the token that is there", () => {
  const store = { kind: "SecretStore", connect: { ...connect, tokenSecret: { name: "token" } } };
  const apps = { a: { namespace: "tools" }, b: { namespace: "tools" }, c: null };
  const files = plan(apps, { through: "external-secret", store });
  const stores = files.filter(({ objects }) => objects.some(({ kind }) => kind === "SecretStore"));
  expect(stores.map(({ path }) => path)).toEqual([
    "k8s/db-provisioning/postgres-admin/00-secretstore.yaml",
    "k8s/infra/a/00-secretstores-tools.yaml",
    "k8s/infra/c/00-secretstores-infra-c.yaml",
  ]);
  const objects = stores.flatMap((file) => file.objects);
  expect(objects.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`)).toEqual([
    "db-postgres/berth-prod",
    "tools/berth-prod",
    "infra-c/berth-prod",
  ]);
  expect(objects[1]).toMatchObject({
    spec: {
      provider: {
        onepassword: {
          auth: { secretRef: { connectTokenSecretRef: { name: "token", key: "token" } } },
        },
      },
    },
  });
  expect(JSON.stringify(objects)).not.toContain('"conditions"');
  expect(JSON.stringify(files)).toContain('{"kind":"SecretStore","name":"berth-prod"}');
});

test("an app alone with its SecretStore leaves none in other namespaces", () => {
  const store = { kind: "SecretStore", connect: { ...connect, tokenSecret: { name: "token" } } };
  const files = plan({ a: null, b: { secretsThrough: "external-secret" } }, { store });
  const stores = files.flatMap(({ objects }) => objects).filter((o) => o.kind === "SecretStore");
  expect(stores.map(({ metadata }) => metadata.namespace)).toEqual(["db-postgres", "infra-b"]);
});

test("one app may use it alone, from a store that exists", () => {
  const apps = { a: { secretsThrough: "external-secret" }, b: null };
  const files = plan(apps, { store: { kind: "SecretStore", name: "mine" } });
  const kinds = files.flatMap(({ objects }) => objects.map(({ kind }) => kind));
  expect(kinds.filter((kind) => kind === "ExternalSecret")).toHaveLength(2);
  expect(kinds.filter((kind) => kind === "OnePasswordItem")).toHaveLength(3);
  expect(kinds.filter((kind) => kind.includes("Store"))).toEqual([]);
  expect(JSON.stringify(files)).toContain('"secretStoreRef":{"kind":"SecretStore","name":"mine"}');
});

test("a role's item brings its login and nothing else that is in it", () => {
  const [file] = plan({ a: null }, { through: "external-secret", store: { connect } }).filter(
    ({ path }) => path === "k8s/infra/a/00-externalsecrets-infra-a.yaml",
  );
  const [object] = file?.objects ?? [];
  expect(object).toMatchObject({
    spec: { data: [{ secretKey: "username" }, { secretKey: "password" }] },
  });
});
