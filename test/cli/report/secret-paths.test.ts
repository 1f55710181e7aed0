import { expect, test } from "vitest";
import { toStackReport } from "../../../cli/report/page/model.ts";
import { toPage } from "../../../cli/report/page/page.ts";
import { listSecretPaths } from "../../../cli/report/secret-paths.ts";
import { makeSpec } from "../../fakes/stack.ts";

/** Where secrets are inside Vault, who writes them and who reads them. */

const key =
  "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
const manage = {
  database: { user: "vault", item: "vault-db" },
  operator: {},
  ci: {
    mount: "ci_jwt",
    publicKeys: [key],
    audience: "pipelines",
    claims: { repository: "me/{app}" },
    paths: { "kvv1/cloudflare/{app}*": ["read"], "kvv1/dns/{app}*": ["create", "read"] },
  },
  readers: { crowdsec: { serviceAccount: "kube-system/crowdsec", paths: ["kvv2/cms/factory/*"] } },
};
const wiki = {
  credentials: "vault",
  vault: { restart: [] },
  secrets: {
    "wiki-config": {
      from: "vault",
      fields: ["KEY", "LICENSE"],
      generate: { KEY: { length: 40 } },
    },
    "wiki-salt": { from: "vault", generate: { SALT: { bytes: 32, encoding: "hex" } } },
    "wiki-geoip": { from: "vault", path: "shared/geoip", fields: ["LICENSE_KEY"] },
  },
};
const blog = { secrets: { "blog-geoip": { from: "vault", path: "shared/geoip" } } };

const toSpec = (vault?: object) =>
  makeSpec({ wiki, blog }, {}, "prod", {
    secrets: { vault: { connection: "tools/default", ...vault } },
  });

test("each path once, with its engine, keys, writers and readers", () => {
  const spec = toSpec({ manage });
  const lines = listSecretPaths(spec, spec.apps).map(
    ({ path, engine = "", keys, hasMore, producer, consumers }) =>
      [path, engine, keys.join(" ") + (hasMore ? "…" : ""), producer, consumers.join("; ")].join(
        " | ",
      ),
  );
  const pipeline = "pipeline of wiki (ci_jwt role ci-wiki)";
  const other = "pipeline of blog (ci_jwt role ci-blog)";
  expect(lines).toEqual([
    `kvv1/cloudflare/blog* |  | … | others | ${other}: read`,
    `kvv1/cloudflare/wiki* |  | … | others | ${pipeline}: read`,
    `kvv1/dns/blog* |  | … | ${other} | ${other}: create, read`,
    `kvv1/dns/wiki* |  | … | ${pipeline} | ${pipeline}: create, read`,
    "kvv2/cms/factory/* |  | … | others | reader crowdsec (ServiceAccount kube-system/crowdsec)",
    "kvv2/shared/geoip | KV v2 | LICENSE_KEY… | an administrator | Secret blog-geoip in infra-blog; Secret wiki-geoip in infra-wiki",
    `kvv2/wiki/config | KV v2 | KEY LICENSE | add wiki (KEY), ${pipeline} | Secret wiki-config in infra-wiki`,
    `kvv2/wiki/salt | KV v2 | SALT… | add wiki | Secret wiki-salt in infra-wiki`,
    "postgres/config/wiki | database | password | 1Password Coachlight/vault-db | Vault's own login to Postgres; nobody can read it",
    "postgres/creds/wiki | database | password username | Vault, a login of wiki_role for each lease | Secret wiki-db-credentials in infra-wiki",
    "transit/keys/vso-client-cache | transit |  | Vault | ServiceAccount vault-secrets-operator-system/vault-secrets-operator-controller-manager: encrypts and decrypts the operator's cache",
  ]);
});

test("for one app its own paths, and none without Vault", () => {
  const spec = toSpec();
  const paths = listSecretPaths(
    spec,
    spec.apps.filter(({ name }) => name === "blog"),
  );
  expect(paths.map(({ path, producer }) => [path, producer])).toEqual([
    ["kvv2/shared/geoip", "an administrator"],
  ]);
  expect(listSecretPaths(makeSpec({ wiki: {} }), makeSpec({ wiki: {} }).apps)).toEqual([]);
});

test("the page shows them, and says nothing of them where there are none", () => {
  const spec = toSpec({ manage });
  const page = toPage(toStackReport(spec, spec.apps, undefined));
  expect(page).toContain('<a href="#paths">Vault</a>');
  expect(page).toContain('<th scope="row">postgres/creds/wiki</th>');
  const other = makeSpec({ wiki: {} });
  expect(toPage(toStackReport(other, other.apps, undefined))).not.toContain("#paths");
});
