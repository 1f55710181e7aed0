import { expect, test } from "vitest";
import { toVaultStack } from "../../components/config/derive/vault-for.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { planManaged, planVault } from "../../components/vault/plan.ts";
import { makeSpec } from "../fakes/stack.ts";

const address = "https://vault:8200";
const database = { item: "vault-db" };
const vaulted = { credentials: "vault", vault: { restart: [] } };
const ci = { mount: "git", discoveryUrl: "https://git.example", audience: "a" };

function parse(apps: object, manage?: object, more: object = {}): StackSpec {
  const vault = { address, ...(manage && { manage }), ...more };
  return makeSpec(apps, {}, "prod", { secrets: { vault } });
}

const pathsOf = (objects: readonly { readonly path: string }[]) => objects.map(({ path }) => path);

const dataAt = (spec: StackSpec, path: string) =>
  planVault(spec).find((object) => object.path === path)?.data;

test("mounts come first, then policies, then what they are about", () => {
  const apps = { wiki: { ...vaulted, secrets: { smtp: { from: "vault" } } }, plain: {} };
  const spec = parse(apps, { database, ci, operator: {} });
  expect(pathsOf(planManaged(spec))).toEqual([
    "sys/mounts/kvv2",
    "sys/mounts/postgres",
    "sys/mounts/transit",
    "sys/auth/kubernetes",
    "sys/auth/git",
    "auth/kubernetes/config",
    "auth/git/config",
    "transit/keys/vso-client-cache",
    "sys/policies/acl/vso-client-cache",
    "sys/policies/acl/wiki",
    "sys/policies/acl/wiki-ops",
    "auth/kubernetes/role/vault-secrets-operator",
    "auth/kubernetes/role/wiki",
    "postgres/config/wiki",
    "postgres/roles/wiki",
    "auth/git/role/ci-wiki",
    "identity/group/name/wiki-ops",
  ]);
});

test("two halves are the whole, and only the roles of apps are in theirs", () => {
  const spec = parse({ wiki: vaulted }, { database, ci, operator: {} });
  const half = (one: string) =>
    planManaged(parse({ wiki: vaulted }, { database, ci, operator: {}, half: one }));
  const apps = pathsOf(half("apps"));
  expect(apps).toEqual(["auth/kubernetes/role/wiki", "postgres/roles/wiki"]);
  expect([...pathsOf(half("central")), ...apps].toSorted()).toEqual(
    pathsOf(planManaged(spec)).toSorted(),
  );
  expect(half("none")).toEqual([]);
  expect(planManaged(parse({ wiki: vaulted }))).toEqual([]);
});

test("a stack for the central half makes it for the apps of the other", () => {
  const spec = parse({ wiki: vaulted }, { database, half: "apps" });
  const central = toVaultStack("vault", {}, spec);
  expect(pathsOf(planManaged(central))).toEqual(
    pathsOf(planManaged(parse({ wiki: vaulted }, { database, half: "central" }))),
  );
  expect(central).toMatchObject({
    stack: "vault",
    apps: [],
    gitops: undefined,
    cluster: undefined,
  });
});

test.each([
  ["a stack that makes it itself", parse({ wiki: vaulted }, { database }), "half to apps"],
  ["a stack without a login for Vault", parse({ wiki: vaulted }), "database.item"],
  ["a stack without Vault", makeSpec({ wiki: {} }), "has no berth:secrets.vault"],
])("is refused for %s", (_, spec, text) => {
  expect(() => toVaultStack("vault", {}, spec)).toThrow(text);
});

test("mounts of others are neither made nor configured, and what is in them is", () => {
  const existing = ["postgres", "auth/kubernetes", "transit"];
  const spec = parse({ wiki: vaulted }, { database, operator: {}, existing });
  expect(pathsOf(planVault(spec)).slice(0, 2)).toEqual([
    "transit/keys/vso-client-cache",
    "sys/policies/acl/vso-client-cache",
  ]);
  expect(pathsOf(planVault(spec))).toContain("postgres/config/wiki");
});

test("a further ServiceAccount never comes in with another pair of name and namespace", () => {
  const accounts = ["infra-wiki/worker", "edge/cloudflared", "edge/a"];
  const one = parse({ wiki: { ...vaulted, vault: { restart: [], accounts } } });
  expect(one.apps[0]?.vault?.authRoles).toEqual([
    { name: "wiki", accounts: ["wiki", "worker"], namespaces: ["infra-wiki"] },
    { name: "wiki-edge", accounts: ["a", "cloudflared"], namespaces: ["edge"] },
  ]);
  const secrets = { smtp: { from: "vault", namespace: "bi" } };
  const more = [...accounts, "bi/worker"];
  const two = parse({ wiki: { ...vaulted, secrets, vault: { restart: [], accounts: more } } });
  expect(two.apps[0]?.vault?.authRoles.map(({ name, accounts: names }) => [name, names])).toEqual([
    ["wiki", ["wiki"]],
    ["wiki-bi", ["worker"]],
    ["wiki-edge", ["a", "cloudflared"]],
    ["wiki-infra-wiki", ["worker"]],
  ]);
});

test("a mount lets no login last longer than the longest that an app wants", () => {
  const long = { credentials: "vault", vault: { restart: [], ttl: "2h", maxTtl: "48h" } };
  expect(dataAt(parse({ a: vaulted, b: long }), "sys/mounts/postgres")).toMatchObject({
    config: { max_lease_ttl: "172800s" },
  });
  expect(dataAt(parse({ a: vaulted, b: long }), "postgres/roles/b")).toMatchObject({
    default_ttl: 7200,
    max_ttl: 172_800,
  });
});

test("a connection goes where Vault reaches Postgres, and has no password", () => {
  const pooled = { user: "v", item: "i", host: "pgbouncer", port: 6432 };
  const data = dataAt(parse({ wiki: vaulted }, { database: pooled }), "postgres/config/wiki");
  expect(data).toMatchObject({
    connection_url: expect.stringContaining("@pgbouncer:6432/wiki?") as string,
    username: "v",
    allowed_roles: ["wiki"],
    berth: "stack prod, app wiki",
  });
  expect(data).not.toHaveProperty("password");
});

test("pipelines are bound to the claims of the stack, and to those of the app before them", () => {
  const claims = { repository: "me/{app}", ref: ["a", "b"] };
  const apps = { wiki: { ...vaulted, vault: { restart: [], claims: { ref: "main" } } } };
  expect(dataAt(parse(apps, { database, ci: { ...ci, claims } }), "auth/git/role/ci-wiki")).toEqual(
    {
      role_type: "jwt",
      bound_audiences: ["a"],
      user_claim: "email",
      bound_claims: { ref: ["main"], repository: ["me/wiki"] },
      token_policies: ["wiki-ops"],
      token_ttl: 3600,
    },
  );
});

test("an app that leaves takes its policy and roles along, and no mount", () => {
  const smtp = { secrets: { smtp: { from: "vault" } } };
  const before = pathsOf(planManaged(parse({ wiki: smtp, news: smtp }, {})));
  const after = pathsOf(planManaged(parse({ news: smtp }, {})));
  expect(before.filter((path) => !after.includes(path))).toEqual([
    "sys/policies/acl/wiki",
    "auth/kubernetes/role/wiki",
  ]);
});
