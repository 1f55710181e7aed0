import { expect, test } from "vitest";
import { parseStack } from "../../components/config/parse.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { findProblems, writeStack } from "../fakes/stack.ts";

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
  const common = { namespace: "infra-wiki", mount: "kvv2", fields: [] };
  expect(wiki?.vault).toEqual({
    role: "wiki-ro",
    serviceAccount: "web",
    restart: [{ kind: "argo.Rollout", name: "wiki" }],
    secrets: [
      { name: "geoip", namespace: "bi", mount: "kv", path: "shared/geoip", fields: ["KEY"] },
      { name: "smtp", ...common, path: "wiki/smtp" },
      { name: "wiki-config", ...common, path: "wiki/config" },
    ],
  });
  expect(wiki?.secrets.map(({ name }) => name)).toEqual(["wiki-redis"]);
  expect(plain?.vault).toMatchObject({ role: "xen", serviceAccount: "xen", restart: [] });
});

test("the connection is the stack's own beside the database, or the one that is named", () => {
  const address = "https://vault.tools:8200";
  const apps = { a: { secrets: { b: config } } };
  expect(parse(apps, { address, caSecret: "vault-ca" }).secrets.vault).toEqual({
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
  [{ connection, caSecret: "ca" }, "has `caSecret` beside `connection`"],
  [{ connection: "default" }, 'is no "namespace/name"'],
  [{ address: "vault.tools:8200" }, "is no URL"],
  [{ connection, audiences: [] }, "is empty"],
  [{ connection, refreshAfter: "1h0m0s" }, "is no duration"],
  [{ connection, kvMount: "kvv2/" }, "is no path in Vault"],
])("fails on %j", (vault, problem) => {
  expect(findProblems(write({ a: { secrets: { b: config } } }, vault))).toEqual([
    expect.stringContaining(problem),
  ]);
});

test.each([
  [{ mount: "kv" }, "has `mount` or `path`, which go with `from: vault`"],
  [{ from: "onepassword", path: "x" }, "has `mount` or `path`"],
  [{ from: "vault", item: "x" }, "has `item`, which is of 1Password"],
  [{ from: "vault", fields: ["API Token"] }, 'has the field "API Token", which no Secret'],
  [{ from: "vault", path: "/x" }, "is no path in Vault"],
])("fails on the Secret %j", (secret, problem) => {
  expect(findProblems(write({ a: { secrets: { b: config, c: secret } } }))).toEqual([
    expect.stringMatching(/^berth:apps\.a\.secrets\.c/),
  ]);
  expect(findProblems(write({ a: { secrets: { b: config, c: secret } } }))[0]).toContain(problem);
});

test("fails on what no stack file and no app says, all at once", () => {
  const apps = {
    a: { secrets: { b: config } },
    c: { vault: { role: "x" } },
    d: { secrets: { e: { from: "vault", namespace: "db-postgres" } } },
  };
  expect(findProblems(write(apps, null))).toEqual([
    expect.stringContaining('berth:apps.d.secrets.e.namespace: "db-postgres" is the namespace of'),
    "berth:secrets.vault: missing; berth:apps.a, berth:apps.d need it: address, to make a VaultConnection, or the connection that exists",
    "berth:apps.c.vault: nothing of the app comes from Vault; leave it out",
  ]);
  const taken = { a: { secrets: { "a-db-credentials": config } } };
  expect(findProblems(write(taken))).toEqual([
    expect.stringContaining('the Secret "infra-a/a-db-credentials" is used 2 times'),
  ]);
  expect(
    findProblems(write({ a: { secrets: { b: config }, vault: { restart: ["wiki"] } } })),
  ).toEqual([expect.stringContaining("is nothing to restart; write it as Deployment/wiki")]);
});
