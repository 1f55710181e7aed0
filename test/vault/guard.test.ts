import { expect, test } from "vitest";
import { findForeign, findUnready, type GuardFacts } from "../../components/vault/guard.ts";
import { inspectVault } from "../../components/vault/inspect.ts";
import type { Json } from "../../components/vault/objects.ts";
import { planManaged } from "../../components/vault/plan.ts";
import { makeSpec } from "../fakes/stack.ts";

const stack = { id: "0123456789abcdef", name: "o/p/prod", former: ["fedcba9876543210"] };
const other = "berth: stack 1111111111111111, app wiki";

const ci = { mount: "git", discoveryUrl: "https://git.example", audience: "a" };
const parsed = makeSpec({ wiki: { credentials: "vault", vault: { restart: [] } } }, {}, "prod", {
  secrets: {
    vault: { address: "http://vault", manage: { database: { item: "i" }, ci, operator: {} } },
  },
});
const spec = { ...parsed, postgres: { ...parsed.postgres, stack } };
const objects = planManaged(spec);

type Data = Readonly<Record<string, Json>>;

function facts(found: Readonly<Record<string, Data>>, more: Partial<GuardFacts> = {}): GuardFacts {
  return {
    stack,
    adopting: new Set(),
    policies: new Map([["wiki", "wiki"]]),
    found: new Map(Object.entries(found)),
    ...more,
  };
}

/** As Vault has what an earlier run made. */
const own: Readonly<Record<string, Data>> = Object.fromEntries(
  objects.map(({ path, kind, data }) => [
    path,
    kind === "connection" ? { connection_details: { berth: data["berth"] ?? null } } : data,
  ]),
);

test("nothing is refused that an earlier run made, also under a former id", () => {
  expect(findForeign(objects, facts({}))).toEqual([]);
  expect(findForeign(objects, facts(own))).toEqual([]);
  const before = JSON.parse(
    JSON.stringify(own).replaceAll(stack.id, stack.former[0] ?? ""),
  ) as typeof own;
  expect(findForeign(objects, facts(before))).toEqual([]);
});

test.each<[string, Data]>([
  ["sys/policies/acl/wiki", { policy: 'path "x" { capabilities = ["read"] }' }],
  ["sys/policies/acl/wiki", { policy: `# ${other}` }],
  ["auth/kubernetes/role/wiki", { token_policies: ["admin"] }],
  ["postgres/roles/wiki", { db_name: "shared" }],
  ["postgres/config/wiki", { connection_details: { username: "root" } }],
  ["auth/git/role/ci-wiki", { token_policies: ["admin"] }],
  ["identity/group/name/wiki-ops", { metadata: null }],
])("of an app, %s of others is refused with both ways out", (path, data) => {
  const [problem, ...more] = findForeign(objects, facts({ ...own, [path]: data }));
  expect(problem).toMatchObject({ app: "wiki", at: path });
  expect(problem?.fix).toContain("set berth:apps.wiki.vault.adopt: true");
  // Roles belong to their policy.
  const roles = ["auth/kubernetes/role/wiki", "postgres/roles/wiki"];
  expect(more.map(({ at }) => at).toSorted()).toEqual(path.startsWith("sys/") ? roles : []);
  const adopting = new Set(["wiki"]);
  expect(findForeign(objects, facts({ ...own, [path]: data }, { adopting }))).toEqual([]);
});

test.each([
  ["sys/mounts/postgres", "add postgres to berth:secrets.vault.manage.existing"],
  ["sys/auth/kubernetes", "add auth/kubernetes to berth:secrets.vault.manage.existing"],
])("%s of others is refused with the way to use it", (path, fix) => {
  const [problem] = findForeign(
    objects,
    facts({ ...own, [path]: { type: "kv", description: "" } }),
  );
  expect(problem?.what).toContain("of type kv, which this stack did not make");
  expect(problem?.fix).toContain(fix);
});

test("a shared policy of others is refused, and adopted by no app", () => {
  const found = { "sys/policies/acl/vso-client-cache": { policy: "" } };
  const [problem] = findForeign(objects, facts(found, { adopting: new Set(["wiki"]) }));
  expect(problem?.fix).toContain("under berth:secrets.vault.manage");
});

test("roles wait for the policy that the other half makes", () => {
  const apps = objects.filter(({ half }) => half === "apps");
  expect(findUnready(apps, facts({}))).toMatchObject([
    { app: "wiki", what: 'Vault has no policy "wiki", which the central half makes' },
  ]);
  expect(findUnready(apps, facts(own))).toEqual([]);
});

test("the look reads each object once, mounts together, and no config or key", async () => {
  const asked: string[] = [];
  const read = (path: string): Promise<Data | undefined> => {
    asked.push(path);
    if (path === "sys/mounts") return Promise.resolve({ "kvv2/": { type: "kv" }, accessor: "x" });
    return Promise.resolve(path === "sys/policies/acl/wiki" ? { policy: "p" } : undefined);
  };
  const found = await inspectVault({ read }, objects, ["wiki"]);
  expect(asked.toSorted()).toEqual([
    "auth/git/role/ci-wiki",
    "auth/kubernetes/role/vault-secrets-operator",
    "auth/kubernetes/role/wiki",
    "identity/group/name/wiki-ops",
    "postgres/config/wiki",
    "postgres/roles/wiki",
    "sys/auth",
    "sys/mounts",
    "sys/policies/acl/vso-client-cache",
    "sys/policies/acl/wiki",
    "sys/policies/acl/wiki-ops",
  ]);
  expect([...found.keys()].toSorted()).toEqual(["sys/mounts/kvv2", "sys/policies/acl/wiki"]);
});
