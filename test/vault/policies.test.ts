import { expect, test } from "vitest";
import { planVault } from "../../components/vault/plan.ts";
import { makeSpec } from "../fakes/stack.ts";

const ci = { mount: "git", discoveryUrl: "https://git.example", audience: "a" };

function policyOf(name: string, manage: object, entry: object = {}): string {
  const secrets = {
    "wiki-config": { from: "vault" },
    geoip: { from: "vault", path: "shared/geoip", mount: "kv" },
  };
  const vault = { restart: [], ...entry };
  const spec = makeSpec({ wiki: { credentials: "vault", secrets, vault } }, {}, "prod", {
    secrets: { vault: { connection: "tools/default", manage: { half: "none", ...manage } } },
  });
  const found = planVault(spec).find(({ path }) => path === `sys/policies/acl/${name}`);
  return found?.data["policy"] as string;
}

/** The line of a parameter of a path. */
function parameter(policy: string, path: string, name: string): unknown {
  const block = policy.slice(policy.indexOf(`path "${path}" {`)).split("\n}")[0] ?? "";
  const [, value = "null"] = new RegExp(`"${name}" = (.*)`).exec(block) ?? [];
  return JSON.parse(value);
}

test("an app reads its own paths and nothing else", () => {
  expect(policyOf("wiki", {}).split("\n")).toEqual([
    "# berth: stack prod, app wiki",
    'path "postgres/creds/wiki" { capabilities = ["read"] }',
    'path "sys/leases/revoke" { capabilities = ["update"] }',
    'path "kv/data/shared/geoip" { capabilities = ["read"] }',
    'path "kvv2/data/wiki/config" { capabilities = ["read"] }',
    "",
  ]);
});

test("a pipeline may write the app's roles only as they are planned", () => {
  const policy = policyOf("wiki-ops", { ci }, { accounts: ["infra-wiki/worker"] });
  const role = "auth/kubernetes/role/wiki";
  expect(parameter(policy, role, "token_policies")).toEqual([["wiki"], "wiki"]);
  expect(parameter(policy, role, "bound_service_account_namespaces")).toEqual([
    ["infra-wiki"],
    "infra-wiki",
  ]);
  expect(parameter(policy, role, "audience")).toEqual(["vault"]);
  expect(parameter(policy, role, "token_ttl")).toEqual([]);
  expect(parameter(policy, "postgres/roles/wiki", "db_name")).toEqual(["wiki"]);
  const [statements, ...others] = parameter(
    policy,
    "postgres/roles/wiki",
    "creation_statements",
  ) as readonly unknown[];
  expect(others).toEqual([]);
  expect(statements).toContain('GRANT "wiki_role" TO "{{name}}"');
  expect(parameter(policy, "postgres/roles/wiki", "rollback_statements")).toEqual([[]]);
  expect(policy).not.toContain("token_period");
});

test("a list of names is allowed in the order in which Terraform's provider sends it", () => {
  const policy = policyOf("wiki-ops", { ci }, { accounts: ["infra-wiki/worker"] });
  const names = parameter(policy, "auth/kubernetes/role/wiki", "bound_service_account_names");
  // The CRC-32 of worker is 2176434387, that of wiki 3923115104.
  expect(names).toEqual([["wiki", "worker"], ["worker", "wiki"], "wiki,worker"]);
});

test("a pipeline writes values below the app's name, and none that apps share", () => {
  const policy = policyOf("wiki-ops", { ci });
  expect(policy).toContain('path "kvv2/data/wiki/*"');
  expect(policy).toContain('path "kvv2/subkeys/wiki/*" { capabilities = ["read"] }');
  expect(policy).toContain('path "kvv2/destroy/wiki/*" { capabilities = ["update"] }');
  expect(policy).not.toContain("shared");
  expect(policy).not.toContain("auth/token/create");
  const more = { ...ci, paths: { "kvv1/cloudflare/{app}*": ["read", "list"] } };
  expect(policyOf("wiki-ops", { ci: more })).toContain(
    'path "kvv1/cloudflare/wiki*" { capabilities = ["read", "list"] }',
  );
});

test("the operator uses its key, and a reader reads below data/ of KV engines alone", () => {
  expect(policyOf("vso-client-cache", { operator: { transit: "t", key: "k" } })).toBe(
    '# berth: stack prod\npath "t/encrypt/k" { capabilities = ["create", "update"] }\npath "t/decrypt/k" { capabilities = ["create", "update"] }\n',
  );
  const paths = ["kvv2/cms/*", "kv/x", "kvv1/y"];
  const readers = { edge: { serviceAccount: "kube-system/edge", paths } };
  expect(policyOf("edge", { readers }).match(/(?<=path ")[^"]+/g)).toEqual([
    "kvv2/data/cms/*",
    "kv/data/x",
    "kvv1/y",
  ]);
});
