import { expect, test } from "vitest";
import { findProblems, writeStack } from "../../../fakes/stack.ts";

const config = { secrets: { config: { from: "vault" } } };
const login = { credentials: "vault", vault: { restart: [] } };
const ci = { mount: "git", publicKeys: ["-----BEGIN PUBLIC KEY-----\n"], audience: "a" };

function problemsOf(apps: object, manage: object = {}): readonly string[] {
  const vault = { address: "http://vault", manage };
  return findProblems({ ...writeStack(apps), secrets: { vault } });
}

test("a stack that makes connections says with which login", () => {
  const text = "berth:secrets.vault.manage.database.item: missing";
  expect(problemsOf({ a: login })).toEqual([expect.stringContaining(text), expect.anything()]);
  expect(problemsOf({ a: login }, { half: "central" })[0]).toContain(text);
  expect(problemsOf({ a: login }, { database: { item: "i" } })).toEqual([]);
  expect(problemsOf({ a: login }, { half: "apps" })).toEqual([]);
  expect(problemsOf({ a: login }, { half: "none" })).toEqual([]);
  expect(problemsOf({ a: config })).toEqual([]);
});

test.each<[string, object, object]>([
  ["policy", { a: { ...config, vault: { policy: "b" } }, b: config }, {}],
  ["policy", { a: { ...config, vault: { opsPolicy: "a" } } }, { ci }],
  ["policy", { a: config }, { operator: { policy: "a" } }],
  [
    "role of the Kubernetes auth method",
    { a: { ...config, vault: { role: "b", policy: "x" } }, b: config },
    {},
  ],
  [
    "role of the Kubernetes auth method",
    { a: { ...config, vault: { accounts: ["x/y"] } }, "a-x": config },
    {},
  ],
  ["role of the Kubernetes auth method", { a: config }, { operator: { role: "a" } }],
  [
    "role of the JWT auth method",
    { a: { ...config, vault: { ciRole: "ci-b" } }, b: config },
    { ci },
  ],
  ["group", { a: { ...config, vault: { group: "b-ops" } }, b: config }, { ci }],
  ["mount", { a: config }, { operator: { transit: "kvv2" } }],
  ["mount of an auth method", { a: config }, { ci: { ...ci, mount: "kubernetes" } }],
])("two things of one name are refused: a %s", (what, apps, manage) => {
  expect(problemsOf(apps, manage)).toEqual([expect.stringContaining(`the ${what} "`)]);
  // What Berth does not make somebody else may have arranged so.
  expect(problemsOf(apps, { ...manage, half: "none" })).toEqual([]);
});

test("two logins of one database role are refused", () => {
  const named = { credentials: "vault", vault: { restart: [], databaseRole: "b" } };
  expect(problemsOf({ a: named, b: login }, { database: { item: "i" } })).toEqual([
    expect.stringContaining('the role of the database engine "postgres/b" is used 2 times'),
  ]);
});

test("Vault's own policies are refused", () => {
  expect(problemsOf({ root: config })).toEqual([
    expect.stringContaining('the policy "root" is Vault\'s own'),
  ]);
});

test("keys for pipelines need a way for pipelines to log in", () => {
  const vault = { group: "g", claims: { a: "b" } };
  const apps = { a: { ...config, vault } };
  expect(problemsOf(apps)).toEqual([
    expect.stringContaining("berth:apps.a.vault.group: needs berth:secrets.vault.manage.ci"),
    expect.stringContaining("berth:apps.a.vault.claims: needs berth:secrets.vault.manage.ci"),
  ]);
  expect(problemsOf(apps, { ci })).toEqual([]);
});

test("a login cannot last longer than it may", () => {
  const vault = { restart: [], ttl: "2h", maxTtl: "1h" };
  const apps = { a: { credentials: "vault", vault } };
  expect(problemsOf(apps, { half: "none" })).toEqual([
    expect.stringContaining("berth:apps.a.vault.ttl: is longer than maxTtl (1h)"),
  ]);
});

test.each<[object, string]>([
  [{ half: "both" }, 'got "both"'],
  [{ ci: { mount: "git", audience: "a" } }, "give one of discoveryUrl, jwksUrl and publicKeys"],
  [{ ci: { ...ci, role: "ci" } }, "is not a name with {app}"],
  [{ ci: { ...ci, claims: { repository: "a,b" } } }, "has a comma"],
  [{ ci: { ...ci, paths: { "kv/*/x": ["read"] } } }, "is not a path of a policy"],
  [{ ci: { ...ci, paths: { "kv/x": ["sudo"] } } }, 'got "sudo"'],
  [{ readers: { edge: { serviceAccount: "edge", paths: ["kv/x"] } } }, 'is not "namespace/name"'],
  [{ existing: ["/kv"] }, "is not a path in Vault"],
])("fails on manage: %j", (manage, text) => {
  expect(problemsOf({ a: config }, manage)).toEqual([expect.stringContaining(text)]);
});
