import { expect, test } from "vitest";
import { parseStack } from "../../../../components/config/parse.ts";
import type { StackSpec } from "../../../../components/config/spec.ts";
import { findProblems, writeStack } from "../../../fakes/stack.ts";

const connection = "tools/default";
const config = { from: "vault" };

function write(apps: unknown, vault: unknown = { connection }): Record<string, unknown> {
  return { ...writeStack(apps), ...(vault === null ? {} : { secrets: { vault } }) };
}

function parse(apps: unknown, vault?: unknown): StackSpec {
  return parseStack("prod", write(apps, vault));
}

test("what comes from Vault follows from the names, and every name can be given", () => {
  const secrets = {
    "wiki-config": config,
    smtp: config,
    geoip: { from: "vault", mount: "kv", path: "shared/geoip", fields: ["KEY"], namespace: "bi" },
    "wiki-redis": ["password"],
  };
  const entry = { role: "wiki-ro", serviceAccount: "web", restart: ["argo.Rollout/wiki"] };
  const [wiki, plain] = parse({
    wiki: { secrets, vault: entry },
    xen: { secrets: { smtp: config } },
  }).apps;
  const common = { namespace: "infra-wiki", mount: "kvv2", fields: [], generate: {} };
  expect(wiki?.vault).toMatchObject({
    role: "wiki-ro",
    serviceAccount: "web",
    restart: [{ kind: "argo.Rollout", name: "wiki" }],
    secrets: [
      {
        name: "geoip",
        namespace: "bi",
        mount: "kv",
        path: "shared/geoip",
        fields: ["KEY"],
        generate: {},
      },
      { name: "smtp", ...common, path: "wiki/smtp" },
      { name: "wiki-config", ...common, path: "wiki/config" },
    ],
  });
  expect(wiki?.secrets.map(({ name }) => name)).toEqual(["wiki-redis"]);
  expect(plain?.vault).toMatchObject({ role: "xen", serviceAccount: "xen", restart: [] });
  expect(wiki?.vault?.authRoles).toEqual([
    { name: "wiki-ro", accounts: ["web"], namespaces: ["bi", "infra-wiki"] },
  ]);
  expect(wiki?.vault).toMatchObject({ policy: "wiki-ro", ci: undefined, adopt: false });
});

test("the connection is the stack's own beside the database, or the one that is named", () => {
  const address = "https://vault.tools:8200";
  const apps = { a: { secrets: { b: config } } };
  expect(parse(apps, { address, caSecret: "vault-ca" }).secrets.vault).toMatchObject({
    connection: "db-postgres/berth-prod",
    server: { address, caSecret: "vault-ca" },
    namespace: undefined,
    authMount: "kubernetes",
    audiences: ["vault"],
    refreshAfter: "1m",
  });
  expect(parse(apps).secrets.vault).toMatchObject({ connection, server: undefined });
});

test.each([
  [{}, "give either `address`"],
  [{ connection, address: "http://vault" }, "give either `address`"],
  [{ connection, caSecret: "ca" }, "has `caSecret` and `connection`"],
  [{ connection: "default" }, 'is not "namespace/name"'],
  [{ address: "vault.tools:8200" }, "is not a URL"],
  [{ connection, audiences: [] }, "is empty"],
  [{ connection, refreshAfter: "1h0m0s" }, "is not a duration"],
  [{ connection, kvMount: "kvv2/" }, "is not a path in Vault"],
])("fails on %j", (vault, problem) => {
  expect(findProblems(write({ a: { secrets: { b: config } } }, vault))).toEqual([
    expect.stringContaining(problem),
  ]);
});

test.each([
  [{ mount: "kv" }, "has `mount`, which needs `from: vault`"],
  [{ from: "onepassword", path: "x" }, "has `path`, which needs `from: vault`"],
  [{ generate: { KEY: { length: 64 } } }, "has `generate`, which needs `from: vault`"],
  [
    { from: "vault", fields: ["A"], generate: { B: { length: 64 } } },
    'has `generate` for "B", which is not in `fields`',
  ],
  [{ from: "vault", item: "x" }, "has `item` and `from: vault`"],
  [{ from: "vault", fields: ["API Token"] }, 'has the field "API Token", which is not a valid key'],
  [{ from: "vault", path: "/x" }, "is not a path in Vault"],
])("fails on the Secret %j", (secret, problem) => {
  expect(findProblems(write({ a: { secrets: { b: config, c: secret } } }))).toEqual([
    expect.stringMatching(/^berth:apps\.a\.secrets\.c/),
  ]);
  expect(findProblems(write({ a: { secrets: { b: config, c: secret } } }))[0]).toContain(problem);
});

test("an owner whose logins Vault makes is a role without login, and no item is read for it", () => {
  const apps = { "a-b": { credentials: "vault", vault: { restart: [] } } };
  const [app] = parse(apps).apps;
  expect(app?.roles[0]).toMatchObject({ key: "owner", name: "a_b_role", logins: [] });
  expect(app?.vault?.login).toEqual({
    mount: "postgres",
    role: "a-b",
    renewalPercent: 67,
    revoke: true,
    ttl: 3600,
    maxTtl: 86_400,
  });
  const given = {
    databaseRole: "x",
    renewalPercent: 50,
    revoke: false,
    restart: ["DaemonSet/x"],
    ttl: "90s",
    maxTtl: "30m",
  };
  const entry = { credentials: "vault", owner: { name: "a" }, vault: given };
  const [other] = parse({ a: entry }, { connection, databaseMount: "db" }).apps;
  expect(other?.roles[0].name).toBe("a");
  expect(other?.vault?.login).toEqual({
    mount: "db",
    role: "x",
    renewalPercent: 50,
    revoke: false,
    ttl: 90,
    maxTtl: 1800,
  });
});

test("its credential is brought nowhere but to the app, so that names next to the database stay free", () => {
  const apps = {
    a: { credentials: "vault", vault: { restart: [] } },
    b: { owner: { item: "a-db-credentials" } },
  };
  expect(findProblems(write(apps))).toEqual([]);
});

test("fails on every key that says otherwise", () => {
  const helm = { repoURL: "r", chart: "c", version: "1", values: { user: "${role}" } };
  const wrong = {
    credentials: "vault",
    provisioner: "postgresql",
    workload: { helm },
    owner: {
      item: "x",
      name: "a$b",
      rotation: "two-logins",
      scram: "4096:YWFhYWFhYWFhYWFhYWFhYQ==",
    },
  };
  const idle = { secrets: { b: config }, vault: { revoke: true, databaseRole: "c" } };
  expect(findProblems(write({ a: wrong, c: idle }))).toEqual([
    "berth:apps.a.owner.item: with credentials: vault the owner does not log in; remove the key",
    "berth:apps.a.owner.scram: with credentials: vault the owner does not log in; remove the key",
    "berth:apps.a.owner.rotation: with credentials: vault the owner does not log in; remove the key",
    expect.stringContaining('berth:apps.a.credentials: got "vault"; provisioner "postgresql"'),
    expect.stringContaining(
      'berth:apps.a.owner: the name "a$b", searchPath and settings must not have {, }, $',
    ),
    expect.stringContaining(
      "berth:apps.a.vault.restart: missing; the login changes when its lease",
    ),
    expect.stringContaining(
      "${role} is a fixed name, but with credentials: vault the login's name changes",
    ),
    "berth:apps.c.vault.databaseRole: needs credentials: vault; remove the key",
    "berth:apps.c.vault.revoke: needs credentials: vault; remove the key",
  ]);
});

test("fails on what no stack file and no app says, all at once", () => {
  const apps = {
    a: { secrets: { b: config } },
    c: { vault: { role: "x" } },
    d: { secrets: { e: { from: "vault", namespace: "db-postgres" } } },
  };
  expect(findProblems(write(apps, null))).toEqual([
    expect.stringContaining('berth:apps.d.secrets.e.namespace: "db-postgres" is the namespace of'),
    "berth:secrets.vault: missing; needed by berth:apps.a, berth:apps.d; set address (Berth makes the VaultConnection) or connection (it exists)",
    "berth:apps.c.vault: the app uses nothing from Vault; remove the key",
  ]);
  const taken = { a: { secrets: { "a-db-credentials": config } } };
  expect(findProblems(write(taken))).toEqual([
    expect.stringContaining('the Secret "infra-a/a-db-credentials" is used 2 times'),
  ]);
  expect(
    findProblems(write({ a: { secrets: { b: config }, vault: { restart: ["wiki"] } } })),
  ).toEqual([expect.stringContaining("cannot be restarted; write it as Deployment/wiki")]);
});
