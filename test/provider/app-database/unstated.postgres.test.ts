import { beforeAll, describe, expect, it } from "vitest";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { inputsOf } from "./bed.ts";
import { useBed } from "./use-bed.ts";

/**
 * What the server holds about an app and its entry does not state: a refresh and a preview name it with the
 * statement that ends it, `up` leaves it alone, and the statement works.
 */

const entry = {
  database: { schemas: ["billing"] },
  roles: { ro: { profile: "readonly", memberOf: ["reports", "writers"] } },
};

const bed = useBed();

beforeAll(async () => {
  await bed.sql(
    "create role reports; create role writers; grant reports, writers to coachlight_admin with admin option",
  );
});

/** One way to leave something that the entry does not state. */
interface Case {
  readonly name: string;
  readonly by?: "owner";
  readonly sql: (app: string) => string;
  readonly at: string;
  readonly what: (app: string) => string;
  readonly fix: (app: string) => string;
}

/** Of an app without further roles: what its owner gets, no other role has to get. */
const aloneCases: readonly Case[] = [
  {
    name: "a table that a superuser made",
    sql: () => `create table "the irs" (id serial primary key)`,
    at: "database.guests",
    what: (app) => `in database "${app}" role "postgres" owns `,
    fix: (app) => `ALTER TABLE public."the irs" OWNER TO "${app}";`,
  },
  {
    name: "a schema of somebody else",
    sql: () => "create role stranger; create schema theirs authorization stranger",
    at: "database.guests",
    what: () => `role "stranger" owns schema theirs`,
    fix: (app) => `ALTER SCHEMA theirs OWNER TO "${app}";`,
  },
  {
    name: "a function that a superuser made",
    sql: () => "create function odd(int, text default 'a') returns int language sql as 'select 1'",
    at: "database.guests",
    what: () => `owns function public.odd(integer,pg_catalog.text), table public."the irs"; `,
    fix: (app) => `ALTER ROUTINE public.odd(integer,pg_catalog.text) OWNER TO "${app}";`,
  },
];

const cases: readonly Case[] = [
  {
    name: "the ADMIN option on a group",
    sql: (app) => `grant reports to ${app}_ro with admin option`,
    at: "roles.ro.memberOf",
    what: (app) => `role "${app}_ro" has the ADMIN option on role "reports"`,
    fix: (app) => `REVOKE ADMIN OPTION FOR "reports" FROM "${app}_ro" GRANTED BY "postgres"`,
  },
  {
    name: "a membership without INHERIT and SET",
    sql: (app) =>
      `grant writers to ${app}_ro with inherit false, set false granted by coachlight_admin`,
    at: "roles.ro.memberOf",
    what: (app) => `role "${app}_ro" is a member of role "writers" without INHERIT and SET`,
    fix: (app) =>
      `GRANT "writers" TO "${app}_ro" WITH INHERIT TRUE, SET TRUE GRANTED BY "coachlight_admin"`,
  },
  {
    name: "a member of the owner",
    sql: (app) => `create role "b ob" login; grant ${app} to "b ob"`,
    at: "roles.owner.members",
    what: (app) => `role "b ob" is a member of role "${app}"`,
    fix: (app) => `REVOKE "${app}" FROM "b ob" GRANTED BY "postgres"`,
  },
  {
    name: "a grant option on a table",
    by: "owner",
    sql: (app) =>
      `create table t (id int, "a b" int); grant select on t to ${app}_ro with grant option;
       grant select ("a b") on t to ${app}_ro with grant option`,
    at: "roles.ro.grants.table",
    what: (app) => `role "${app}_ro" has SELECT on table public.t WITH GRANT OPTION`,
    fix: (app) => `REVOKE GRANT OPTION FOR SELECT ON TABLE "public"."t" FROM "${app}_ro";`,
  },
  {
    name: "a grant option on a column",
    sql: () => "",
    at: "roles.ro.grants.table",
    what: (app) => `role "${app}_ro" has SELECT ("a b") on table public.t WITH GRANT OPTION`,
    fix: (app) => `REVOKE GRANT OPTION FOR SELECT ("a b") ON TABLE "public"."t" FROM "${app}_ro";`,
  },
  {
    name: "a grant option on later tables",
    by: "owner",
    sql: (app) =>
      `alter default privileges in schema billing grant select on tables to ${app}_ro with grant option`,
    at: "roles.ro.grants.table",
    what: (app) =>
      `has SELECT on every table that "${app}" will create in billing WITH GRANT OPTION`,
    fix: (app) =>
      `ALTER DEFAULT PRIVILEGES FOR ROLE "${app}" IN SCHEMA "billing" REVOKE GRANT OPTION FOR SELECT ON TABLES FROM "${app}_ro";`,
  },
  {
    name: "a grant option on the database",
    by: "owner",
    sql: (app) => `grant connect on database ${app} to ${app}_ro with grant option`,
    at: "roles.ro.grants.database",
    what: (app) => `role "${app}_ro" has CONNECT on database ${app} WITH GRANT OPTION`,
    fix: (app) => `REVOKE GRANT OPTION FOR CONNECT ON DATABASE "${app}" FROM "${app}_ro";`,
  },
  {
    name: "a schema that the app made itself",
    by: "owner",
    sql: () => `create schema "Tenant 1"`,
    at: "schemas",
    what: (app) =>
      `role "${app}" has made schema "Tenant 1" in database "${app}", and "${app}_ro" cannot use it`,
    fix: (app) => `GRANT USAGE ON SCHEMA "Tenant 1" TO "${app}_ro"`,
  },
  {
    name: "a setting of a role",
    sql: (app) => `alter role ${app}_ro set statement_timeout = '30s'`,
    at: "roles.ro.settings",
    what: (app) => `role "${app}_ro" has the setting statement_timeout=30s`,
    fix: (app) => `ALTER ROLE "${app}_ro" RESET statement_timeout`,
  },
  {
    name: "a setting of a role in the database",
    sql: (app) => `alter role ${app} in database ${app} set work_mem = '8MB'`,
    at: "roles.owner.settings",
    what: (app) => `role "${app}", in database "${app}", has the setting work_mem=8MB`,
    fix: (app) => `ALTER ROLE "${app}" IN DATABASE "${app}" RESET work_mem`,
  },
  {
    name: "a setting of the database",
    sql: (app) => `alter database ${app} set timezone = 'Europe/Berlin'`,
    at: "database.settings",
    what: (app) => `database "${app}" has the setting TimeZone=Europe/Berlin`,
    fix: (app) => `ALTER DATABASE "${app}" RESET "TimeZone"`,
  },
  {
    name: "an app's own setting, whose value may be a secret",
    sql: (app) => `alter database ${app} set app.jwt_key = 'canary-of-this-test'`,
    at: "database.settings",
    what: (app) => `database "${app}" has the setting app.jwt_key\n`,
    fix: (app) => `ALTER DATABASE "${app}" RESET app.jwt_key`,
  },
];

describe("what the entry does not state", () => {
  it.each([
    { app: "alone", entry: {}, all: aloneCases },
    { app: "shared", entry, all: cases },
  ])("is named with what ends it, and left alone: of app $app", async ({ app, entry, all }) => {
    const made = await bed.up(inputsOf(app, entry));
    expect(await refresh(made)).toEqual({ report: "", resource: made });
    for (const { by, sql } of all) {
      await (by === "owner" ? bed.sqlAs(app, app, sql(app)) : bed.sql(sql(app), app));
    }
    const found = await refresh(made);
    for (const { name, what, fix } of all) {
      expect(found.report, name).toContain(what(app));
      expect(found.report, name).toContain(fix(app));
    }
    expect(found.report).not.toContain("canary-of-this-test");
    const { unstated, ...rest } = found.resource.state;
    expect(rest).toEqual(made.state);
    expect(new Set(unstated as string[])).toEqual(new Set(all.map(({ at }) => at)));
    bed.clearLog();
    expect(await bed.diff(found.resource)).toEqual([]);
    await bed.up(made.inputs, found.resource);
    expect((await refresh(found.resource)).resource.state).toEqual(found.resource.state);
    expect(bed.writes()).toEqual([]);
    for (const { fix } of all) await bed.sql(fix(app), app);
    expect(await refresh(found.resource)).toEqual({ report: "", resource: made });
  });

  it("is in a preview of a change too", async () => {
    const made = await bed.up(inputsOf("changed"));
    await bed.sql("create table theirs (id int)", "changed");
    const inputs = inputsOf("changed", entry);
    expect(await bed.preview(inputs, made)).toContain(
      'role "postgres" owns table public.theirs; "changed" does not, so Berth gives the app\'s roles nothing on that',
    );
    await bed.up(inputs, made);
    const reading = bed.sqlAs("changed_ro", "changed", "select from theirs");
    await expect(reading).rejects.toMatchObject({ code: "42501" });
  });

  it("is wanted where the entry says so: schemas, and the objects and memberships of a guest", async () => {
    const made = await bed.up(inputsOf("party", entry));
    await bed.sql("create role visitor; grant party to visitor", "party");
    await bed.sql("set role visitor; create table theirs (id int)", "party");
    await bed.sqlAs("party", "party", "create schema tenant");
    expect((await refresh(made)).resource.state["unstated"]).toEqual([
      "roles.owner.members",
      "database.guests",
      "schemas",
    ]);
    const database = { schemas: ["billing", "tenant"], guests: ["visitor"] };
    const stated = await bed.up(inputsOf("party", { ...entry, database }), made);
    const after = await refresh(stated);
    expect(after.report).toBe("");
    expect(after.resource.state).toEqual(stated.state);
    bed.clearLog();
    await bed.up(
      inputsOf("party", { ...entry, database: { schemas: ["billing", "tenant"] } }),
      stated,
    );
    expect(bed.writes()).toEqual([]);
  });

  it("does not include what belongs to an extension or a neighbour, or what the stack states", async () => {
    await bed.up(inputsOf("shop"));
    const made = await bed.up(inputsOf("bi", { owner: { memberOf: ["shop"] } }));
    await bed.sql("create extension pg_trgm; create extension hstore", "bi");
    expect(await refresh(made)).toEqual({ report: "", resource: made });
  });
});

async function refresh(resource: StoredResource) {
  bed.reports.length = 0;
  const live = await bed.refresh(resource);
  if (live === undefined) throw new Error("it is gone");
  return { resource: live, report: bed.reports.join("\n") };
}
