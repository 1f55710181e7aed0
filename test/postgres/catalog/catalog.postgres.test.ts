import { afterAll, beforeAll, expect, test } from "vitest";
import { Credential } from "../../../components/onepassword/credential.ts";
import { inspectCatalog, inspectServer } from "../../../components/postgres/catalog/catalog.ts";
import {
  inspectOpenDatabases,
  inspectTraces,
} from "../../../components/postgres/catalog/neighbours.ts";
import { inspectSessionRole } from "../../../components/postgres/catalog/session/session.ts";
import { type SessionTarget, withSession } from "../../../components/postgres/server/session.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import { liveRole } from "../../fakes/catalog.ts";
import { startTestServer, type TestServer } from "../../fakes/postgres-server.ts";

const admin = new Credential("coachlight_admin", "canary-admin");
let server: TestServer;
let target: SessionTarget;

beforeAll(async () => {
  server = await startTestServer();
  const password = makeVerifier(admin.revealPassword(), admin.username);
  for (const statement of [
    `create role coachlight_admin login createrole createdb password '${password}'`,
    "create role berth_prod nologin",
    "create role reports nologin",
    `create role netbox login connection limit 7 in role berth_prod, reports password '${makeVerifier("canary-netbox", "netbox")}'`,
    'alter role netbox set search_path = "$user", app',
    "alter role netbox set work_mem = '8MB'",
    'create role "Odd ""name" superuser createdb createrole replication bypassrls',
    "create role paperless login",
    "create database netbox owner netbox template template0 connection limit 9",
    "revoke all on database netbox from public",
    "create database paperless owner paperless template template0 encoding 'LATIN1' locale 'C'",
    "create database closed owner paperless template template0 allow_connections false",
  ]) {
    await server.superuser.query(statement);
  }
  target = await server.target("postgres");
}, 60_000);

afterAll(async () => {
  await server.stop();
}, 30_000);

test("an admin that is not a superuser can read what server it is and what the admin may do on it", async () => {
  const { rows } = await server.superuser.query<{ id: string }>(
    "select system_identifier::text as id from pg_control_system()",
  );
  expect(await withSession(target, admin, inspectServer)).toEqual({
    systemIdentifier: rows[0]?.id,
    versionNumber: expect.toSatisfy((n: number) => n >= 180000 && n < 190000) as unknown,
    isStandby: false,
    encoding: "UTF8",
    admin: "coachlight_admin",
    isSuperuser: false,
    canCreateRole: true,
    canCreateDatabase: true,
    canReplicate: false,
    bypassesRls: false,
  });
});

test("the admin may alter what Postgres says it has ADMIN on, itself or through others", async () => {
  for (const statement of [
    "create role direct nologin",
    "create role operators nologin",
    "create role leads nologin",
    "create role through_leads nologin",
    "create role of_another nologin",
    "grant direct to coachlight_admin with admin option",
    "grant operators to coachlight_admin with inherit false, set false",
    "grant leads to operators",
    "grant through_leads to leads with admin option",
    "grant of_another to paperless with admin option",
  ]) {
    await server.superuser.query(statement);
  }
  const names = { databases: [] };
  const { found, expected } = await withSession(target, admin, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "select rolname as name from pg_roles where pg_has_role(oid, 'MEMBER WITH ADMIN OPTION') order by 1",
    );
    return { found: await inspectCatalog(client, names), expected: rows.map(({ name }) => name) };
  });
  const altered = [...found.roles.values()].filter((role) => role.adminMayAlter);
  expect(altered.map(({ name }) => name)).toEqual(expected);
  expect(expected).toEqual(["direct", "through_leads"]);
  const all = await inspectCatalog(server.superuser, names);
  expect([...all.roles.values()].every((role) => role.adminMayAlter)).toBe(true);
  await server.superuser.query("drop role direct, operators, leads, through_leads, of_another");
});

test("roles come with everything that adoption decides on, and what does not exist is not there", async () => {
  const names = { roles: ["netbox", 'Odd "name', "missing", "paperless"], databases: [] };
  const plain = { isAdmin: false, inherits: true, maySetRole: true };
  const { roles } = await withSession(target, admin, (client) => inspectCatalog(client, names));
  expect([...roles.values()]).toEqual([
    liveRole('Odd "name', {
      canLogin: false,
      isSuperuser: true,
      canCreateRole: true,
      canCreateDatabase: true,
      canReplicate: true,
      bypassesRls: true,
    }),
    liveRole("netbox", {
      connectionLimit: 7,
      memberOf: ["berth_prod", "reports"],
      memberships: [
        { group: "berth_prod", grantor: "postgres", comment: null, ...plain },
        { group: "reports", grantor: "postgres", comment: null, ...plain },
      ],
      settings: ['search_path="$user", app', "work_mem=8MB"],
      ownedDatabases: ["netbox"],
    }),
    liveRole("paperless", { ownedDatabases: ["closed", "paperless"] }),
  ]);
});

test("a session that asks for one app after the other has it planned once, and a read of all by itself", async () => {
  await withSession(target, admin, async (client) => {
    const netbox = { roles: ["netbox"], databases: ["netbox"] };
    for (let app = 0; app < 7; app += 1) await inspectCatalog(client, netbox);
    expect((await inspectCatalog(client)).roles.size).toBeGreaterThan(1);
    const { rows } = await client.query(
      "select name, generic_plans::int > 0 as once, (generic_plans + custom_plans)::int as asked from pg_prepared_statements order by 1",
    );
    expect(rows).toEqual([
      { name: "sql/databases", once: true, asked: 7 },
      { name: "sql/roles", once: true, asked: 7 },
    ]);
  });
});

test("databases come with owner, limit, encoding and privileges, PUBLIC's default ones included", async () => {
  const names = { roles: [], databases: ["netbox", "paperless", "closed", "missing"] };
  const { databases } = await withSession(target, admin, (client) => inspectCatalog(client, names));
  const own = (owner: string) => ["CONNECT", "CREATE", "TEMPORARY"].map((p) => `${owner}=${p}`);
  const libc = { localeProvider: "libc", icuLocale: null };
  const rest = { isTemplate: false, others: [], grantable: [], ...libc };
  expect([...databases.values()]).toEqual([
    expect.objectContaining({ name: "closed", owner: "paperless", allowsConnections: false }),
    {
      name: "netbox",
      owner: "netbox",
      encoding: "UTF8",
      collate: "C.UTF-8",
      ctype: "C.UTF-8",
      connectionLimit: 9,
      allowsConnections: true,
      settings: [],
      privileges: own("netbox"),
      ...rest,
    },
    {
      name: "paperless",
      owner: "paperless",
      encoding: "LATIN1",
      collate: "C",
      ctype: "C",
      connectionLimit: -1,
      allowsConnections: true,
      settings: [],
      privileges: ["PUBLIC=CONNECT", "PUBLIC=TEMPORARY", ...own("paperless")],
      ...rest,
    },
  ]);
});

test("a role can read about itself what it is and where it may connect", async () => {
  const netbox = new Credential("netbox", "canary-netbox");
  const own = await server.target("netbox");
  expect(
    await withSession(own, netbox, (client) => inspectSessionRole(client, "netbox", [])),
  ).toEqual({
    isSuperuser: false,
    canCreateRole: false,
    canCreateDatabase: false,
    expires: false,
    canReplicate: false,
    bypassesRls: false,
    connectionLimit: 7,
    memberOf: ["berth_prod", "reports"],
    mayEnter: ["netbox", "paperless", "postgres", "template1"],
    memberships: [
      { group: "berth_prod", grantor: "postgres" },
      { group: "reports", grantor: "postgres" },
    ],
    ways: [{ database: "netbox", grantee: "netbox", isOwner: true, grantor: null }],
    mayEnterAsMember: [],
    settings: ['search_path="$user", app', "work_mem=8MB"],
    databaseSettings: [],
    mayBecome: [],
    publicMayCreate: false,
  });
});

test("the databases that PUBLIC may enter come with owner and privileges, and no other", async () => {
  const open = await withSession(target, admin, inspectOpenDatabases);
  const both = ["CONNECT", "TEMPORARY"];
  expect([...open.values()]).toEqual([
    { name: "paperless", owner: "paperless", privileges: both },
    { name: "postgres", owner: "postgres", privileges: both },
    { name: "template1", owner: "postgres", privileges: ["CONNECT"] },
  ]);
});

test("traces on a neighbour are found in every form, and there are none to begin with", async () => {
  const find = () =>
    withSession(target, admin, async (client) => {
      const found = await inspectTraces(client, ["netbox"], ["paperless"]);
      return found.map(({ what }) => what);
    });
  expect(await find()).toEqual([]);
  await server.superuser.query("grant connect on database paperless to netbox");
  await server.superuser.query("grant paperless to netbox");
  expect(await find()).toEqual([
    "database paperless: netbox has CONNECT",
    "role paperless: netbox is a member of it",
  ]);
  await server.superuser.query("revoke paperless from netbox");
  await server.superuser.query("grant netbox to paperless");
  await server.superuser.query("alter database paperless owner to netbox");
  expect(await find()).toEqual([
    "database paperless: belongs to netbox",
    ...["CONNECT", "CREATE", "TEMPORARY"].map((p) => `database paperless: netbox has ${p}`),
    "role paperless: it is a member of netbox",
  ]);
  await server.superuser.query("alter database paperless owner to paperless");
  await server.superuser.query("revoke netbox from paperless");
  await server.superuser.query("revoke connect on database paperless from netbox");
});

test("no password reached the log, though the server wrote down every statement", async () => {
  const names = { roles: ["netbox"], databases: [] };
  await withSession(target, admin, (client) => inspectCatalog(client, names));
  expect(server.readLog()).toContain("pg_catalog.pg_roles");
  expect(server.readLog()).not.toContain("canary");
});
