import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseBed } from "../../provider/app-database/bed.ts";
import { followFix } from "../../provider/app-database/fixes/follow.ts";
import { listChecks, openVerifyBed, type VerifyBed } from "./bed.ts";

/** `verify` against a real Postgres: it names what is broken by hand, one thing at a time, and what fixes it. */

let bed: DatabaseBed;
let verify: VerifyBed["verify"];
let up: VerifyBed["up"];
let isShown: VerifyBed["isShown"];

beforeAll(async () => {
  ({ bed, verify, up, isShown } = await openVerifyBed(broken.length));
}, 300_000);

afterAll(async () => {
  await bed.close();
});

const broken = ["app1", "app2", "app3", "app4"];

/** What is broken, where, the statement that breaks it, and what verify must say. */
const mutations: readonly [string, string, breaking: string, RegExp][] = [
  [
    "a table grant of a readonly role",
    "app2",
    "revoke select on item from app2_ro",
    /app2_ro: .*has no SELECT on table item in app2/,
  ],
  [
    "a privilege too many of a readonly role, in a further schema",
    "app2",
    "grant insert on billing.item to app2_ro",
    /app2_ro: .*has INSERT on table billing.item in app2/,
  ],
  [
    "a default privilege of a readonly role",
    "app2",
    "alter default privileges for role app2 in schema billing revoke select on tables from app2_ro",
    /app2_ro: can use what the owner creates in billing: SELECT in app2: permission denied/,
  ],
  [
    "a default privilege too many of a readonly role",
    "app2",
    "alter default privileges for role app2 in schema public grant usage on sequences to app2_ro",
    /app2_ro: .*has USAGE on sequence berth_verify_\w+_id_seq in app2/,
  ],
  [
    "a table grant of which a column is left",
    "app2",
    "revoke select on item from app2_ro; grant select (note) on item to app2_ro",
    /app2_ro: .*has no SELECT on table item in app2/,
  ],
  [
    "REFERENCES that nobody gave",
    "app2",
    "grant references on item to app2_rw",
    /app2_rw: .*has REFERENCES on table item in app2/,
  ],
  [
    "REFERENCES that a custom role was given, on what is made later",
    "app2",
    "alter default privileges for role app2 in schema public revoke references on tables from app2_probe",
    /app2_probe: .*has no REFERENCES on table berth_verify_\w+ in app2/,
  ],
  [
    "MAINTAIN that a custom role was not given",
    "app1",
    "alter default privileges for role app1 in schema public grant maintain on tables to app1_ro",
    /app1_ro: cannot do anything else with it in public: MAINTAIN in app1: it was not refused/,
  ],
  [
    "UPDATE of a sequence that a custom role was given",
    "app1",
    "revoke update on sequence numbers from app1_probe",
    /app1_probe: .*has no UPDATE on sequence numbers in app1/,
  ],
  [
    "a grant on a single column",
    "app2",
    "grant update (note) on item to app2_ro",
    /app2_ro: .*has UPDATE on table item \(some columns\) in app2/,
  ],
  [
    "CONNECT, which PUBLIC lost",
    "app2",
    "grant connect on database app2 to public",
    /app2: PUBLIC: .*PUBLIC has CONNECT on database app2$/m,
  ],
  [
    "TEMPORARY, which PUBLIC lost",
    "app2",
    "grant temporary on database app2 to public",
    /app2: PUBLIC: .*PUBLIC has TEMPORARY on database app2$/m,
  ],
  [
    "CREATE on schema public, which PUBLIC never had",
    "app1",
    "grant create on schema public to public",
    /app1: PUBLIC: .*PUBLIC has CREATE on schema public in app1$/m,
  ],
  [
    "a way into another app's database through a role that both are in",
    "app1",
    "grant connect on database app2 to berth_prod",
    /app1_ro: cannot connect to other apps' databases: it has CONNECT on app2/,
  ],
  [
    "a way of its own into a database that is left open to PUBLIC",
    "app1",
    "grant connect on database app3 to app1_rw",
    /app1_rw: cannot connect to other apps' databases: it has CONNECT on app3/,
  ],
  [
    "a table grant through a role that it is in",
    "app1",
    "grant delete on item to berth_prod",
    /app1_ro: .*has DELETE on table item in app1/,
  ],
  [
    "an attribute that it reaches through a role that it is in",
    "app1",
    "alter role berth_prod createdb",
    /app1_ro: is not a superuser: it has the attributes of berth_prod, which it is a member of/,
  ],
  [
    "an attribute of a readonly role",
    "app1",
    "alter role app1_ro bypassrls",
    /app1_ro: is not a superuser: it has BYPASSRLS/,
  ],
  [
    "several attributes of an owner, and its limit",
    "app1",
    "alter role app1 createdb replication connection limit 9",
    /app1: is not a superuser: it has CREATEDB, REPLICATION, connection limit 9 instead of -1/,
  ],
  [
    "what belongs to somebody else",
    "app1",
    "create table theirs (id int); create table \"Their's\" (id int); create function theirs() returns int language sql as 'select 1'; create sequence theirs_seq",
    /app1_ro: .*has no SELECT on table Their's/,
  ],
  [
    "a membership that the entry does not list, and one that it does",
    "app4",
    "grant pg_monitor to app4_rw; revoke reports from app4_ro granted by coachlight_admin",
    /app4_ro: memberships: it is not a member of reports.*app4_rw: memberships: it is a member of pg_monitor/s,
  ],
  [
    "a membership in a reserved role, and a privilege on its database",
    "app1",
    "grant paperless to app1_ro; grant connect on database paperless to app1",
    /app1: neighbours untouched: database paperless: app1 has CONNECT; role paperless: app1_ro is a member/,
  ],
  [
    "a way into a neighbour",
    "app1",
    "create database neighbour; revoke connect on database neighbour from public; grant connect on database neighbour to app1_rw",
    /neighbour neighbour: app app1 may connect to it, and not through PUBLIC/,
  ],
  [
    "a membership in the owner of another app",
    "app1",
    "grant app2 to app1_probe",
    /app1_probe: cannot connect to other apps' databases: it has CONNECT on app2/,
  ],
  [
    "a schema and an extension",
    "app4",
    "drop extension cube; drop extension pg_trgm; drop schema billing cascade",
    /app4: schemas and extensions: not yet: .*billing.*pg_trgm/,
  ],
  [
    "what roles may do with a further schema and its functions",
    "app2",
    "revoke usage on schema billing from app2_ro; revoke execute on function billing.hidden from app2_probe; alter default privileges for role app2 in schema billing revoke execute on functions from app2_probe",
    /(?=.*app2_ro: .*has no USAGE on schema billing in app2)(?=.*app2_probe: .*has no EXECUTE on function billing.hidden\(\) in app2)(?=.*app2_probe: can use what the owner creates in billing: EXECUTE in app2: permission denied)/s,
  ],
  [
    "DDL, in schema public and in the database",
    "app1",
    "grant create on schema public to app1_rw; grant create on database app1 to app1_rw",
    /(?=.*app1_rw: cannot create a table: CREATE on schema public in app1: it was not refused)(?=.*app1_rw: cannot create anything else in app1: CREATE \(a schema\) in app1: it was not refused)/s,
  ],
  [
    "TEMPORARY, which the role was given",
    "app1",
    "revoke temporary on database app1 from app1_probe",
    /app1_probe: can create what its entry grants in app1: TEMPORARY in app1: permission denied/,
  ],
  [
    "what the owner may do in schema public",
    "app1",
    "alter schema public owner to postgres; revoke all on schema public from app1, public, pg_database_owner",
    /app1: can create a table: .*permission denied for schema public/,
  ],
];

/** Does what a fix says. */
async function follow(app: string, fix: string): Promise<void> {
  if (/^run pulumi up/.test(fix)) await up(app);
  else await followFix(bed, fix);
}

describe("verify", () => {
  it.each(mutations)(
    "sees that somebody broke %s, and says what fixes it",
    async (_, ...mutation) => {
      const [database, breaking, says] = mutation;
      for (const statement of breaking.split("; ")) await bed.sql(statement, database);
      const some = says.source.includes("other apps") ? broken : [database];
      const verdict = await verify(some);
      expect(listChecks(verdict, "failed").join("\n")).toMatch(says);
      const fixes = verdict.apps.flatMap(({ app, checks }) =>
        checks.flatMap(({ ok, fix }) =>
          ok ? [] : fix.split("\n    fix: ").map((one) => [app, one] as const),
        ),
      );
      // `pulumi up` refuses as long as a statement is missing.
      const isUp = ([, fix]: readonly [string, string]) => Number(/^run pulumi up/.test(fix));
      const toRun = new Set(fixes.flatMap(([app, fix]) => (isUp([app, fix]) ? [app] : [])));
      for (const app of toRun) expect(await isShown(app), `a preview of ${app}`).toBe(true);
      for (const [app, fix] of fixes.toSorted((a, b) => isUp(a) - isUp(b))) await follow(app, fix);
      expect(listChecks(await verify(some), "failed")).toEqual([]);
    },
  );

  it("finds nothing wrong once everything is repaired, and leaves nothing behind", async () => {
    expect(listChecks(await verify(broken), "failed")).toEqual([]);
    const left = "select from pg_class where relname like 'berth_verify%'";
    expect(await bed.sql(left, "app2")).toEqual([]);
  });
});
