import { chmodSync, readFileSync } from "node:fs";
import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateValue } from "../../../dev/connect/item-edits.ts";
import { fingerprint } from "../../../dev/postgres/fingerprint.ts";
import {
  connectAsSuperuser,
  ensureAdmin,
  ensureNeighbour,
  type SuperuserLogin,
} from "../../../dev/postgres/neighbour.ts";
import { freePort } from "../../../dev/postgres/ports.ts";
import { preparePostgres } from "../../../dev/postgres/prepare.ts";
import { queryAs } from "../../../dev/postgres/query.ts";
import { type RunningServer, removeServer, startServer } from "../../../dev/postgres/server.ts";
import { useFolder } from "../../fakes/folder.ts";

const home = useFolder("neighbour");
const admin = { name: "coachlight_admin", password: generateValue() };
const neighbour = { name: "paperless", password: generateValue() };
const superuserPassword = generateValue();
let server: RunningServer;
let login: SuperuserLogin;
let maintenance: Client;
let inside: Client;
/** In the database of a second neighbour, which the tests change. */
let insideChanged: Client;

beforeAll(async () => {
  chmodSync(home, 0o755);
  await preparePostgres({ home, superuserPassword });
  const settings = { log_statement: "all" };
  server = await startServer({ home, port: await freePort(), settings });
  login = { host: server.host, port: server.port, password: superuserPassword };
  await ensureAdmin(login, admin);
  await ensureNeighbour(login, neighbour);
  await ensureNeighbour(login, { name: "changed", password: generateValue() });
  maintenance = await connectAsSuperuser(login, "postgres");
  inside = await connectAsSuperuser(login, "paperless");
  insideChanged = await connectAsSuperuser(login, "changed");
}, 60_000);

afterAll(async () => {
  await Promise.allSettled([maintenance.end(), inside.end(), insideChanged.end()]);
  await removeServer(home);
}, 60_000);

const ask = (role: typeof admin, database: string, sql: string) =>
  queryAs(server, role, database, sql);

test("the neighbour logs in and finds its rows", async () => {
  const [row] = await ask(neighbour, "paperless", "SELECT count(*)::int AS n FROM documents");
  expect(row).toEqual({ n: 25 });
});

test("the admin may make roles and databases, is not a superuser, and can use the roles it makes", async () => {
  const [row] = await ask(
    admin,
    "postgres",
    `SELECT rolsuper, rolcreaterole, rolcreatedb, current_setting('createrole_self_grant') AS self
       FROM pg_roles WHERE rolname = current_user`,
  );
  expect(row).toEqual({
    rolsuper: false,
    rolcreaterole: true,
    rolcreatedb: true,
    self: "set, inherit",
  });
  await ask(admin, "postgres", "CREATE ROLE probe");
  const [used] = await ask(admin, "postgres", "SELECT pg_has_role('probe', 'SET') AS set");
  expect(used).toEqual({ set: true });
  await ask(admin, "postgres", "DROP ROLE probe");
});

test("the admin can be made a superuser, and back", async () => {
  const read = async () =>
    (await ask(admin, "postgres", "SELECT usesuper FROM pg_user WHERE usename = current_user"))[0];
  await ensureAdmin(login, admin, true);
  expect(await read()).toEqual({ usesuper: true });
  await ensureAdmin(login, admin);
  expect(await read()).toEqual({ usesuper: false });
});

test("the fingerprint stays what it is when nothing happens, when all is ensured again, and after maintenance", async () => {
  const before = await fingerprint(inside);
  expect(await fingerprint(inside)).toBe(before);
  await ensureAdmin(login, admin);
  await ensureNeighbour(login, neighbour);
  await inside.query("VACUUM ANALYZE");
  await maintenance.query("CREATE ROLE passer_by; DROP ROLE passer_by");
  await maintenance.query("CHECKPOINT");
  expect(await fingerprint(inside)).toBe(before);
  for (const part of ["database", "role", "membership", "setting", "dependency", "row"]) {
    expect(before).toContain(`${part}\t`);
  }
});

test.each([
  "GRANT CONNECT ON DATABASE changed TO coachlight_admin",
  "REVOKE CONNECT ON DATABASE changed FROM nobody_special",
  "ALTER ROLE changed CONNECTION LIMIT 5",
  "ALTER ROLE changed PASSWORD NULL",
  "ALTER ROLE changed SET work_mem = '8MB'",
  "GRANT changed TO coachlight_admin",
  "GRANT pg_monitor TO changed",
  "COMMENT ON ROLE changed IS 'mine now'",
  "GRANT USAGE ON SCHEMA public TO changed",
  "ALTER DATABASE changed CONNECTION LIMIT 9",
  "GRANT SELECT ON documents TO coachlight_admin",
  "GRANT SELECT (title) ON documents TO coachlight_admin",
  "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
  "ALTER DEFAULT PRIVILEGES FOR ROLE changed GRANT SELECT ON TABLES TO coachlight_admin",
  "UPDATE documents SET title = title WHERE id = 1",
  "CREATE TABLE left_behind ()",
])("the fingerprint shows %s", async (sql) => {
  await insideChanged.query("DROP ROLE IF EXISTS nobody_special; CREATE ROLE nobody_special");
  const before = await fingerprint(insideChanged);
  await insideChanged.query(sql);
  expect(await fingerprint(insideChanged)).not.toBe(before);
});

test("no password is in the log, though every statement is", () => {
  const log = readFileSync(server.logFile, "utf8");
  expect(log).toContain('CREATE ROLE "paperless" LOGIN PASSWORD');
  for (const { password } of [admin, neighbour, login]) expect(log).not.toContain(password);
});
