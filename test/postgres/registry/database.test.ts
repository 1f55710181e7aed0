import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { Credential } from "../../../components/onepassword/credential.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import {
  RegistryDatabase,
  type RegistryDatabaseArgs,
} from "../../../components/postgres/registry/database.ts";
import { createRegistryProvider } from "../../../components/postgres/registry/provider.ts";
import { createOwnershipRole } from "../../../components/postgres/registry/stack.ts";
import { makeVerifiers } from "../../../components/postgres/verifier.ts";
import { PulumiEngine, type Registration } from "../../fakes/pulumi-engine.ts";
import { makeSpec, type Written } from "../../fakes/stack.ts";

const engine = new PulumiEngine();
const canary = "canary-plaintext";

beforeAll(async () => {
  await engine.start();
});

beforeEach(async () => {
  await engine.settle();
});

type Exists = RegistryDatabaseArgs["exists"];

/** Registers the database of app netbox and answers with what the engine was asked, by name. */
async function register(
  entry: unknown,
  exists: Exists = () => false,
  postgres: Written = {},
  actingAdmin?: string,
) {
  const spec = makeSpec({ netbox: entry }, postgres);
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const admin = new Credential("coachlight_admin", `${canary}-admin`);
  const provider = createRegistryProvider("postgresql", spec.postgres, admin);
  const ownership = createOwnershipRole(
    spec.postgres,
    exists("role", spec.postgres.ownershipRole),
    {
      provider,
    },
  );
  const credential = (role: { name: string }) => new Credential(role.name, canary);
  const args = {
    plan: planDatabase(app, spec.postgres),
    verifiers: await makeVerifiers(app.roles, credential),
    exists,
    after: ownership,
    actingAdmin,
  };
  new RegistryDatabase("netbox", args, { providers: { postgresql: provider } });
  const all = await engine.settle();
  return (name: string): Registration => {
    const found = all.filter((registration) => registration.name === name);
    if (found[0] === undefined || found.length > 1) {
      throw new Error(
        `${String(found.length)} named ${name} among ${all.map((r) => r.name).join(", ")}`,
      );
    }
    return found[0];
  };
}

const role = "postgresql:index/role:Role";
const common = {
  parent: "berth:postgres:StockDatabase::netbox",
  provider: "pulumi:providers:postgresql::postgresql",
  secrets: [],
  ignoreChanges: [],
  protect: false,
  retainOnDelete: false,
};

test("the owner is a role that is kept, with a secret verifier and its memberships in full", async () => {
  const get = await register({ owner: { connectionLimit: 5, searchPath: ["app"] } });
  expect(get("netbox-owner")).toEqual({
    ...common,
    type: role,
    name: "netbox-owner",
    inputs: {
      connectionLimit: 5,
      login: true,
      name: "netbox",
      password: expect.stringMatching(/^SCRAM-SHA-256\$4096:/) as unknown,
      roles: ["berth_prod"],
      searchPaths: ["app"],
      skipReassignOwned: true,
    },
    secrets: ["password"],
    dependsOn: [`${role}::marker`],
    // No entry says these, so a role that was made by hand keeps its own.
    ignoreChanges: ["inherit", "statementTimeout", "idleInTransactionSessionTimeout", "assumeRole"],
    retainOnDelete: true,
  });
});

test("the database comes after its roles, from template0, protected and kept", async () => {
  const get = await register({ database: { connectionLimit: 9 } });
  expect(get("netbox-database")).toEqual({
    ...common,
    type: "postgresql:index/database:Database",
    name: "netbox-database",
    inputs: {
      connectionLimit: 9,
      encoding: "UTF8",
      lcCollate: "DEFAULT",
      lcCtype: "DEFAULT",
      name: "netbox",
      owner: "netbox",
      template: "template0",
    },
    dependsOn: [`${role}::netbox-owner`],
    ignoreChanges: ["template", "encoding", "lcCollate", "lcCtype"],
    protect: true,
    retainOnDelete: true,
  });
});

test("the database has the locale and the template of its entry", async () => {
  const get = await register({ database: { locale: "C", ctype: "C.UTF-8", template: "base" } });
  expect(get("netbox-database")).toMatchObject({
    inputs: { lcCollate: "C", lcCtype: "C.UTF-8", template: "base" },
  });
});

test("PUBLIC is revoked with a grant of nothing, and without it there is no grant", async () => {
  const get = await register({});
  expect(get("netbox-grant-public")).toMatchObject({
    inputs: { database: "netbox", objectType: "database", privileges: [], role: "public" },
    dependsOn: ["postgresql:index/database:Database::netbox-database", `${role}::netbox-owner`],
  });
  const without = await register({ database: { revokePublic: false } });
  expect(() => without("netbox-grant-public")).toThrow("0 named netbox-grant-public");
});

test("an admin who has no say over the owner's database becomes a member before it is made", async () => {
  const get = await register({}, undefined, undefined, "coachlight_admin");
  expect(get("netbox-administration")).toMatchObject({
    type: "postgresql:index/grantRole:GrantRole",
    inputs: { role: "coachlight_admin", grantRole: "netbox" },
    dependsOn: [`${role}::netbox-owner`],
    retainOnDelete: true,
  });
  expect(get("netbox-database").dependsOn).toContain(
    "postgresql:index/grantRole:GrantRole::netbox-administration",
  );
  const others = await register({});
  expect(() => others("netbox-administration")).toThrow("0 named netbox-administration");
});

test("a further role is kept as well, and its grants run one after the other", async () => {
  const get = await register({ roles: { ro: { profile: "readonly" } } });
  expect(get("netbox-ro")).toMatchObject({ inputs: { name: "netbox_ro" }, retainOnDelete: true });
  const chain = [
    "netbox-database",
    "netbox-grant-public",
    "netbox-grant-ro-database",
    "netbox-grant-ro-schema",
    "netbox-grant-ro-table",
    "netbox-grant-ro-sequence",
    "netbox-default-ro-table",
    "netbox-default-ro-sequence",
  ];
  const before = chain.slice(1).map((name) => get(name).dependsOn.map((urn) => urn.split("::")[1]));
  expect(before).toEqual(
    chain
      .slice(0, -1)
      .map((name) => expect.arrayContaining([name, "netbox-owner", "netbox-ro"]) as unknown),
  );
  expect(get("netbox-default-ro-table").inputs).toEqual({
    database: "netbox",
    objectType: "table",
    owner: "netbox",
    privileges: ["SELECT"],
    role: "netbox_ro",
    schema: "public",
  });
  expect(get("netbox-grant-ro-table").inputs).toEqual({
    database: "netbox",
    objectType: "table",
    privileges: ["SELECT"],
    role: "netbox_ro",
    schema: "public",
  });
});

test("what exists on the server is imported by its name there, and nothing else is", async () => {
  const there = ["role netbox", "database netbox", "role berth_prod"];
  const exists: Exists = (kind, name) => there.includes(`${kind} ${name}`);
  const get = await register({ roles: { ro: { profile: "readonly" } } }, exists);
  const names = ["marker", "netbox-owner", "netbox-database", "netbox-ro", "netbox-grant-public"];
  expect(names.map((name) => get(name).import)).toEqual([
    "berth_prod",
    "netbox",
    "netbox",
    undefined,
    undefined,
  ]);
});

test("the ownership role is a role that can do nothing, and is kept", async () => {
  expect((await register({}))("marker")).toEqual({
    type: role,
    name: "marker",
    provider: "pulumi:providers:postgresql::postgresql",
    inputs: {
      login: false,
      name: "berth_prod",
      roles: [],
      searchPaths: [],
      skipReassignOwned: true,
    },
    secrets: [],
    dependsOn: [],
    ignoreChanges: [],
    protect: false,
    retainOnDelete: true,
  });
});

test("the provider goes through the tunnel's fixed port, and its password is secret", async () => {
  const get = await register({}, undefined, {
    maintenanceDatabase: "admin",
    tls: { ca: "ca.pem" },
  });
  const { inputs, secrets } = get("postgresql");
  expect(inputs).toMatchObject({
    host: "127.0.0.1",
    database: "admin",
    username: "coachlight_admin",
    sslmode: "verify-full",
    sslrootcert: "ca.pem",
    port: "15432",
    superuser: "false",
    maxConnections: "0",
    connectTimeout: "10",
  });
  expect(secrets).toEqual(["password"]);
});

test("fails without a verifier rather than making a role without a password", () => {
  const spec = makeSpec({ netbox: {} });
  const [app] = spec.apps;
  if (app === undefined) throw new Error("the stack has no app");
  const ownership = new pulumi.ComponentResource(
    "berth:delivery:AppDelivery",
    "marker-of-another-test",
  );
  const args = {
    plan: planDatabase(app, spec.postgres),
    verifiers: new Map<string, string>(),
    after: ownership,
  };
  expect(() => new RegistryDatabase("broken", { ...args, exists: () => false })).toThrow(
    "role netbox: no verifier was made",
  );
});
