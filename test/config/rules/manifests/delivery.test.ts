import { expect, test } from "vitest";
import { parseStack } from "../../../../components/config/parse.ts";
import { findProblems, writeStack } from "../../../fakes/stack.ts";

const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
const kubernetes = { namespace: "db-postgres", service: "postgres-postgresql" };

/** A stack whose endpoint names a context, so that the cluster need not. */
function write(apps: unknown, more: object = {}, endpoint: object = { context: "home" }) {
  const written = writeStack(apps, { endpoint: { kubernetes: { ...kubernetes, ...endpoint } } });
  return { ...written, ...more };
}

test("a stack with a checkout delivers there, one with a cluster applies, and one with neither does nothing", () => {
  const deliveryOf = (more: object) =>
    parseStack("prod", write({ a: null }, more)).apps[0]?.delivery;
  expect(deliveryOf({ gitops })).toBe("git");
  expect(deliveryOf({ cluster: {} })).toBe("cluster");
  expect(deliveryOf({ gitops, cluster: {} })).toBe("git");
  expect(deliveryOf({})).toBe("none");
});

test("an app may choose the other place", () => {
  const apps = { a: { delivery: "cluster" }, b: null };
  const spec = parseStack("prod", write(apps, { gitops, cluster: {} }));
  expect(spec.apps.map(({ delivery }) => delivery)).toEqual(["cluster", "git"]);
});

test("the cluster is the tunnel's unless the stack file says another", () => {
  const endpoint = { kubeconfig: "tunnel.yaml", context: "home" };
  const clusterOf = (cluster: object) =>
    parseStack("prod", write({ a: null }, { cluster }, endpoint)).cluster;
  expect(clusterOf({})).toEqual({
    kubeconfig: "tunnel.yaml",
    context: "home",
    identifier: undefined,
    createNamespaces: true,
    workloads: "argocd",
    argocdNamespace: "argocd",
    project: "default",
    adopt: false,
  });
  expect(clusterOf({ kubeconfig: "apps.yaml", context: "apps" })).toMatchObject({
    kubeconfig: "apps.yaml",
    context: "apps",
  });
});

test("fails without a context, since a kubeconfig's current one may be any", () => {
  expect(findProblems(write({ a: null }, { cluster: {} }, {}))).toEqual([
    expect.stringMatching(/^berth:cluster\.context: missing; name a context/),
  ]);
});

test("fails on a place that the stack file does not have", () => {
  const apps = { a: { delivery: "cluster" }, b: { delivery: "git" } };
  expect(findProblems(write(apps))).toEqual([
    'berth:apps.a.delivery: got "cluster"; it needs berth:cluster, which is missing; add it',
    'berth:apps.b.delivery: got "git"; it needs berth:gitops, which is missing; add it',
  ]);
});

test("fails on a folder in Git of nobody knows which repository", () => {
  const apps = { a: { workload: { git: { path: "apps/a" } } } };
  expect(findProblems(write(apps, { cluster: {} }))).toEqual([
    "berth:apps.a.workload.git.repoURL: missing; set it, or add berth:gitops, whose repoURL is the default",
  ]);
  expect(findProblems(write(apps, { cluster: {}, gitops }))).toEqual([]);
});

const connect = {
  host: "http://onepassword-connect.connect:8080",
  tokenSecret: { namespace: "connect", name: "onepassword-token" },
};
const viaStore = { secretsThrough: "external-secret" };

test("External Secrets reads from a store that Berth makes, or that exists", () => {
  const storeOf = (store: object) =>
    parseStack("prod.eu", write({ a: viaStore }, { secrets: { store } })).secrets.store;
  expect(storeOf({ connect })).toEqual({
    kind: "ClusterSecretStore",
    name: "berth-prod-eu",
    connect: {
      host: connect.host,
      token: { name: "onepassword-token", key: "token" },
      tokenNamespace: "connect",
      deploy: undefined,
    },
    readers: [],
  });
  expect(storeOf({ kind: "SecretStore", name: "mine" })).toEqual({
    kind: "SecretStore",
    name: "mine",
    connect: undefined,
    readers: [],
  });
});

test("an app takes the stack's way for its Secrets, or its own", () => {
  const apps = { a: null, b: { secretsThrough: "onepassword-item" } };
  const secrets = { through: "external-secret", store: { connect } };
  const spec = parseStack("prod", write(apps, { secrets }));
  expect(spec.apps.map((app) => app.secretsThrough)).toEqual([
    "external-secret",
    "onepassword-item",
  ]);
});

test.each([
  ["there is none", undefined, "berth:secrets.store: missing; external-secret needs one"],
  ["it has no name and is not made", {}, "berth:secrets.store.name: missing"],
  [
    "one namespace's Secret would be read from another",
    { kind: "SecretStore", connect },
    'berth:secrets.store.connect.tokenSecret.namespace: got "connect"; a SecretStore can only',
  ],
  [
    "nobody says where the token is",
    { connect: { ...connect, tokenSecret: { name: "onepassword-token" } } },
    "berth:secrets.store.connect.tokenSecret.namespace: missing; a ClusterSecretStore has no",
  ],
])("fails on a store when %s", (_, store, problem) => {
  const secrets = store === undefined ? {} : { store };
  expect(findProblems(write({ a: viaStore }, { secrets }))).toEqual([
    expect.stringContaining(problem),
  ]);
});

test("fails on items by id, which External Secrets would take for titles", () => {
  const id = "abcdefghijklmnopqrstuvwxy1";
  const secrets = { through: "external-secret", store: { connect } };
  const apps = { a: { owner: { item: id, secret: "a" } }, b: null };
  const written = write(apps, {
    secrets,
    postgres: { ...(write({}).postgres as object), adminItem: id },
  });
  expect(findProblems(written).filter((line) => line.includes("only by title"))).toEqual([
    expect.stringContaining(`berth:postgres.adminItem: got the item's id "${id}"`),
    expect.stringContaining(`berth:apps.a: got the item's id "${id}"`),
  ]);
});

test("the server exists, or Berth makes it where manifests go", () => {
  const { tokenSecret } = connect;
  const of = (given: object, more: object = { gitops }) => {
    const secrets = { store: { connect: { tokenSecret, ...given } } };
    return findProblems(write({ a: null }, { secrets, ...more }));
  };
  const message = "give either `host` (the server exists) or `deploy` (Berth makes it)";
  for (const given of [{}, { host: connect.host, deploy: {} }]) {
    expect(of(given)).toEqual([expect.stringContaining(message)]);
  }
  expect(of({ deploy: {} })).toEqual([]);
  expect(of({ deploy: {} }, {})).toEqual([
    "berth:secrets.store.connect.deploy: it needs berth:gitops or berth:cluster, which are missing; add one of them",
  ]);
});

test.each(["connect:8080", "http://connect:8080/v1", "http://connect:8080/v1/"])(
  "fails on %s for the address of Connect",
  (host) => {
    const secrets = { store: { connect: { ...connect, host } } };
    expect(findProblems(write({ a: null }, { secrets }))).toHaveLength(1);
  },
);

test.each(["/", "/a", "a/", "a//b", "..", "a/../b", ".", "./a", "a\\b"])(
  "fails on %s for a path in the repository",
  (path) => {
    expect(findProblems(write({ a: null }, { gitops: { ...gitops, path } }))).toEqual([
      expect.stringMatching(/^berth:gitops\.path: .* is not a path in a repository; write it as/),
    ]);
  },
);

test.each(["", "a", "clusters/home", ".github/a", "a..b/c d"])(
  "takes %j for a path in the repository",
  (path) => {
    expect(findProblems(write({ a: null }, { gitops: { ...gitops, path } }))).toEqual([]);
  },
);
