import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { startServer, stopServer } from "../../dev/postgres/server.ts";
import { countFaults } from "../faults/count.ts";
import { inputsOf, toUrn } from "./app-database/bed.ts";
import { openGround } from "./app-database/ground.ts";
import { useBed } from "./app-database/use-bed.ts";

/** What the server does when somebody else is in the way: it says what helps, and leaves nothing half done. */

/** Of a server that starts again, so that its log says as much as before. */
const settings = { log_statement: "all", log_connections: "on" };
const bed = useBed();

countFaults("of the server", () => openGround(bed));

it("waits 5 s for a row that another session has locked, then says how to find it, and the next run goes on", async () => {
  const inputs = inputsOf("wiki", { roles: { rw: { profile: "readwrite" } } });
  const made = await bed.up(inputs);
  await bed.sqlAs("wiki", "wiki", "create table page (id int)");
  await bed.sql("create role readers nologin");
  await bed.sql("revoke select on page from wiki_rw", "wiki");
  const live = await bed.refresh(made);
  const other = await bed.connect("wiki");
  await other.query("begin");
  await other.query("grant select on page to readers");
  const refused = await bed.up(inputs, live).catch((error: unknown) => error);
  expect(String(refused)).toMatch(
    /app wiki: role wiki_rw gets SELECT on table public\.page: not done: .*lock timeout \(SQLSTATE 55P03\)/,
  );
  expect(String(refused)).toContain("SELECT pid, usename, application_name, state");
  await other.query("commit");
  await other.end();
  await bed.up(inputs, live);
  expect(await bed.sqlAs("wiki_rw", "wiki", "select from page")).toEqual([]);
});

it("stops at a full disk for the other apps too, and the next run goes on", async () => {
  const made = await bed.up(inputsOf("first"));
  await bed.sql(
    `create function refuse() returns event_trigger language plpgsql as
       $$ begin raise 'No space left on device' using errcode = 'disk_full'; end $$;
     create event trigger disk_full on ddl_command_start when tag in ('GRANT') execute function refuse()`,
    "first",
  );
  const inputs = inputsOf("first", { roles: { rw: { profile: "readwrite" } } });
  const handler = await bed.provider();
  const { id, urn, inputs: oldInputs, state: oldState } = made;
  const change = { id, urn, oldInputs, oldState, newInputs: inputs, preview: false };
  await expect(handler.update(change)).rejects.toThrow(
    /app first: .* not done: No space left on device \(SQLSTATE 53100\)[\s\S]*free some space first/,
  );
  bed.clearLog();
  const other = { urn: toUrn("second"), inputs: inputsOf("second"), preview: false };
  await expect(handler.create(other)).rejects.toThrow(
    /app second: role second is created: not begun, as the server's disk is full\n  fix: make room/,
  );
  expect(bed.writes()).toEqual([]);
  await handler.close();
  await bed.sql("drop event trigger disk_full", "first");
  await bed.up(inputs, made);
  await bed.up(other.inputs);
  expect(await bed.sqlAs("second", "second", "select 1 as one")).toEqual([{ one: 1 }]);
});

it("tries an admin's password that the server refuses once, and not for each app", async () => {
  const made = [];
  for (const name of ["one", "two", "three"]) made.push(await bed.up(inputsOf(name)));
  const [{ verifier } = { verifier: "" }] = await bed.sql<{ verifier: string }>(
    "select rolpassword as verifier from pg_authid where rolname = 'coachlight_admin'",
  );
  await bed.sql("alter role coachlight_admin password 'another'");
  const handler = await bed.provider();
  bed.clearLog();
  const changes = made.map(({ id, urn, inputs, state }) => {
    const old = { id, urn, oldInputs: inputs, oldState: state };
    return handler.update({ ...old, newInputs: inputs, preview: false });
  });
  for (const { reason } of (await Promise.allSettled(changes)) as PromiseRejectedResult[]) {
    expect(String(reason)).toMatch(/which came from the item Coachlight\/postgres-admin \(28P01\)/);
  }
  expect(bed.readLog().match(/password authentication failed/g)).toHaveLength(1);
  await handler.close();
  await bed.sql(`alter role coachlight_admin password '${verifier}'`);
});

it("stops where the server gives it no more sessions, and the next run goes on", async () => {
  await bed.sql("alter role coachlight_admin connection limit 2");
  await expect(bed.up(inputsOf("crowd"))).rejects.toThrow(
    /role "coachlight_admin" has as many sessions as its own connection limit allows \(53300\)/,
  );
  await bed.sql("alter role coachlight_admin connection limit -1");
  await bed.up(inputsOf("crowd"));
  expect(await bed.sqlAs("crowd", "crowd", "select 1 as one")).toEqual([{ one: 1 }]);
});

it("makes a database whoever is in template1, and whatever collation that was made under", async () => {
  const setVersion = (version: string) =>
    bed.sql(`update pg_database set datcollversion = ${version} where datname = 'template1'`);
  const guest = await bed.connect("template1");
  await setVersion("'0.1'");
  await bed.up(inputsOf("plain"));
  await setVersion("null");
  await guest.end();
  expect(await bed.sqlAs("plain", "plain", "select 1 as one")).toEqual([{ one: 1 }]);
});

it("says in each preview, up and refresh who owns a database that somebody took away, and leaves it alone", async () => {
  const inputs = inputsOf("taken");
  const made = await bed.up(inputs);
  await bed.sql("create role taker; alter database taken owner to taker");
  const says =
    'app taken: database "taken" belongs to role "taker", not to "taken"; Berth never changes an owner';
  bed.clearLog();
  expect(await bed.diff(made)).toEqual(["database"]);
  for (const read of [
    () => bed.preview(inputs, made),
    () => bed.refresh(made),
    () => bed.up(inputs, made),
  ]) {
    await expect(read()).rejects.toThrow(says);
  }
  expect(bed.writes()).toEqual([]);
  await bed.sql('ALTER DATABASE "taken" OWNER TO "taken"');
  expect(await bed.diff(made)).toEqual([]);
  expect((await bed.refresh(made))?.state).toEqual(made.state);
});

it("names the one GRANT that a superuser has to run for a role that others made, has changed nothing without it, and needs no more", async () => {
  await bed.sql("create role legacy login password 'made-by-hand'");
  await bed.sql("create database legacy owner legacy");
  const inputs = inputsOf("legacy", { adopt: true });
  const read = () =>
    bed.sql(
      `select r::text, (select array_agg(m::text) from pg_auth_members m where m.member = r.oid) as groups
       from pg_authid r where rolname = 'legacy' union all select d::text, null from pg_database d where datname = 'legacy'`,
    );
  const before = await read();
  await expect(bed.preview(inputs)).rejects.toThrow("may not change it");
  const refused = await bed.up(inputs).catch((error: unknown) => error);
  const [statement = ""] =
    /GRANT "legacy" TO "coachlight_admin"[^(;\n]*/.exec(String(refused)) ?? [];
  expect(String(refused)).toContain('role "coachlight_admin" may not change it');
  expect(await read()).toEqual(before);
  await bed.sql(statement);
  await bed.up(inputs);
  expect(await bed.sqlAs("legacy", "legacy", "select 1 as one")).toEqual([{ one: 1 }]);
});

it("loses and doubles nothing where the server crashes in the middle, and says how to go on", async () => {
  const names = Array.from({ length: 6 }, (_, index) => `crash${String(index)}`);
  const create = async () => {
    const handler = await bed.provider();
    const made = names.map((name) =>
      handler.create({ urn: toUrn(name), inputs: inputsOf(name), preview: false }),
    );
    return { handler, ended: Promise.allSettled(made) };
  };
  bed.clearLog();
  const { handler, ended } = await create();
  while (!bed.readLog().includes('CREATE DATABASE "crash')) await delay(5);
  const home = path.dirname(bed.logFile);
  await stopServer(home, "immediate");
  const failed = (await ended).filter((end) => end.status === "rejected");
  expect(failed).not.toEqual([]);
  for (const { reason } of failed)
    expect(String(reason)).toMatch(/run pulumi up again|run the same command again|pg_isready/);
  await handler.close();
  await startServer({ home, port: bed.superuser.port, settings });
  const again = await create();
  expect((await again.ended).map(({ status }) => status)).toEqual(names.map(() => "fulfilled"));
  await again.handler.close();
  for (const name of names) await bed.sqlAs(name, name, "select 1");
});

it("refuses a standby, whatever is asked for, and goes on once that is the primary", async () => {
  const made = await bed.up(inputsOf("failover"));
  const home = path.dirname(bed.logFile);
  await stopServer(home);
  writeFileSync(path.join(home, "data/standby.signal"), "");
  await startServer({ home, port: bed.superuser.port, settings });
  const says =
    "it is a standby, which is read-only\n    fix: point berth:postgres.endpoint at the primary's Service, or at its Pod by a selector, as role=primary";
  const inputs = inputsOf("failover", { owner: { connectionLimit: 3 } });
  await expect(bed.diff(made)).rejects.toThrow(says);
  await expect(bed.refresh(made)).rejects.toThrow(says);
  await expect(bed.up(inputs, made)).rejects.toThrow(says);
  await bed.sql("select pg_promote()");
  await bed.up(inputs, made);
  expect(await bed.sql("select rolconnlimit from pg_roles where rolname = 'failover'")).toEqual([
    { rolconnlimit: 3 },
  ]);
});
