import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { DatabaseBed, inputsOf } from "./bed.ts";

/** The handler against a real Postgres, with a CREATEROLE + CREATEDB admin and with a superuser. */

const entry = {
  roles: {
    admin: { profile: "readwrite", name: "admin_app" },
    report: { profile: "readonly" },
  },
};
const seconds = 1000;
vi.setConfig({ testTimeout: 60 * seconds });

describe.each([
  { admin: "an admin with CREATEROLE and CREATEDB", isSuperuser: false },
  { admin: "a superuser", isSuperuser: true },
])("as $admin", ({ isSuperuser }) => {
  let bed: DatabaseBed;
  let neighbourBefore: string;
  let made: StoredResource;

  beforeAll(async () => {
    bed = await DatabaseBed.open({ isSuperuser });
    neighbourBefore = await bed.neighbour();
  }, 60 * seconds);

  afterAll(async () => {
    await bed.close();
  }, 60 * seconds);

  it("makes an app with at most two logins a database", async () => {
    bed.clearLog();
    made = await bed.up(inputsOf("basketball", entry));
    expect(made.id).toBe("basketball");
    expect(bed.logins().filter((database) => database === "basketball")).toHaveLength(1);
    expect(bed.logins().length).toBeLessThanOrEqual(4);
  });

  it("keeps verifiers out of what state shows", () => {
    expect(JSON.stringify(made.state)).not.toContain("SCRAM");
    expect(Object.keys(made.state)).not.toContain("verifiers");
  });

  it("sends nothing for an app that is as it shall be", async () => {
    bed.clearLog();
    expect(await bed.diff(made)).toEqual([]);
    const again = await bed.up(made.inputs);
    expect(again.state).toEqual(made.state);
    // A create knows no earlier password, so a superuser compares and others set it again.
    expect(bed.writes().filter((statement) => !statement.includes("PASSWORD"))).toEqual([]);
  });

  it("gives the profiles what they promise, on tables made later, and refuses the rest", async () => {
    await bed.sqlAs(
      "basketball",
      "basketball",
      "create table games (id serial primary key, note text)",
    );
    await bed.sqlAs("admin_app", "basketball", "insert into games (note) values ('x')");
    await bed.sqlAs("admin_app", "basketball", "update games set note = 'y'");
    expect(await bed.sqlAs("basketball_report", "basketball", "select note from games")).toEqual([
      { note: "y" },
    ]);
    const refusals = [
      ["admin_app", "create table foo (id int)"],
      ["admin_app", "create schema foo"],
      ["admin_app", "truncate games"],
      ["admin_app", "drop table games"],
      ["admin_app", "create temp table foo (id int)"],
      ["basketball_report", "insert into games (note) values ('z')"],
      ["basketball_report", "create table foo (id int)"],
    ] as const;
    for (const [role, statement] of refusals) {
      await expect(bed.sqlAs(role, "basketball", statement)).rejects.toMatchObject({
        code: "42501",
      });
    }
  });

  it("names drift by the app's properties, and puts right exactly that", async () => {
    await bed.sqlAs("basketball", "basketball", "create table teams (id int)");
    await bed.sql("alter role admin_app connection limit 3");
    await bed.sql("grant connect on database basketball to public");
    await bed.sql("grant truncate on games to admin_app", "basketball");
    await bed.sql("revoke update on teams from admin_app", "basketball");
    await bed.sql(
      "alter default privileges for role basketball in schema public revoke select on tables from basketball_report",
      "basketball",
    );
    const all = [
      "database.revokePublic",
      "roles.admin.connectionLimit",
      "roles.admin.grants.table",
      "roles.report.grants.table",
    ];
    expect(await bed.diff(made)).toEqual(all);
    bed.reports.length = 0;
    const refreshed = await bed.refresh(made);
    expect(refreshed?.state).toMatchObject({
      database: { revokePublic: false },
      roles: {
        admin: {
          connectionLimit: 3,
          grants: { table: ["DELETE", "INSERT", "SELECT", "TRUNCATE"] },
        },
        report: { grants: { table: [] } },
      },
    });
    expect(bed.reports.join("\n")).toContain(
      "roles.admin.grants.table: role admin_app gets UPDATE on table public.teams",
    );
    expect(await bed.diff(refreshed ?? made)).toEqual(all);
    bed.clearLog();
    const repaired = await bed.up(made.inputs, refreshed);
    expect(bed.writes()).toEqual([
      'ALTER ROLE "admin_app" CONNECTION LIMIT -1',
      'REVOKE CONNECT ON DATABASE "basketball" FROM PUBLIC',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "basketball" IN SCHEMA "public" GRANT SELECT ON TABLES TO "basketball_report"',
      'REVOKE TRUNCATE ON TABLE "public"."games" FROM "admin_app"',
      'GRANT UPDATE ON TABLE "public"."teams" TO "admin_app"',
    ]);
    expect(repaired.state).toEqual(made.state);
    expect((await bed.refresh(repaired))?.state).toEqual(made.state);
  });

  it("sees in a plain preview a table that comes to the owner, and one that does not", async () => {
    await bed.sql("create table restored (id int); create table theirs (id int)", "basketball");
    await bed.sql("alter table restored owner to basketball", "basketball");
    bed.reports.length = 0;
    expect(await bed.diff(made)).toContain("roles.report.grants.table");
    await bed.up(made.inputs, made);
    await bed.sqlAs("basketball_report", "basketball", "select from restored");
    bed.reports.length = 0;
    expect(await bed.diff(made)).toEqual([]);
    expect(bed.reports.join()).toContain("public.theirs");
    await bed.sql("drop table theirs; drop table restored", "basketball");
  });

  it("leaves a grantee alone that is not the app's", async () => {
    await bed.sql("create role auditor nologin");
    await bed.sql("grant connect on database basketball to auditor");
    await bed.sql("grant select, truncate on games to auditor", "basketball");
    expect(await bed.diff(made)).toEqual([]);
    expect((await bed.refresh(made))?.state).toMatchObject(made.state);
    await bed.sql("revoke select on games from admin_app", "basketball");
    bed.clearLog();
    await bed.up(made.inputs);
    expect(bed.writes().filter((statement) => !statement.includes("PASSWORD"))).toEqual([
      'GRANT SELECT ON TABLE "public"."games" TO "admin_app"',
    ]);
    const held = await bed.sql(
      `select has_database_privilege('auditor', 'basketball', 'connect') as may_enter, relacl::text as acl
       from pg_class where relname = 'games'`,
      "basketball",
    );
    expect(held).toMatchObject([
      { may_enter: true, acl: expect.stringContaining("auditor=rD/") as string },
    ]);
  });

  it("runs no function that the app's owner put in the way", async () => {
    for (const signature of ["name", "text", '"char"', "oid", "aclitem[]"]) {
      for (const hijacked of ["lower", "aclexplode", "array_agg", "pg_get_userbyid", "unnest"]) {
        const body = `begin raise exception 'hijacked %', '${hijacked}'; end`;
        await bed
          .sqlAs(
            "basketball",
            "basketball",
            `create function public.${hijacked}(${signature}) returns text language plpgsql as $$${body}$$`,
          )
          .catch(() => undefined);
      }
    }
    await bed.sqlAs(
      "basketball",
      "basketball",
      `create function public.owned(name, name) returns boolean language plpgsql as
        $$begin execute 'alter role basketball createdb'; return true; end$$;
       create operator public.= (leftarg = name, rightarg = name, function = public.owned);
       create table public.pg_roles (oid oid, rolname name);
       create table public.pg_class (oid oid, relname name);
       alter database basketball set search_path = public, pg_catalog`,
    );
    // A session that does not pin its search_path is caught, the superuser's not excepted.
    await expect(bed.sql("select relacl from pg_class", "basketball")).rejects.toThrow("relacl");
    await expect(bed.sql("select lower('x'::name)", "basketball")).rejects.toThrow("hijacked");
    expect((await bed.refresh(made))?.state).toMatchObject({
      roles: { admin: { name: "admin_app" } },
    });
    const more = inputsOf("basketball", entry, (state) => ({
      ...state,
      database: { ...state.database, connectionLimit: 50 },
    }));
    made = await bed.up(more, made);
    expect(
      await bed.sql("select rolcreatedb, rolsuper from pg_roles where rolname = 'basketball'"),
    ).toEqual([{ rolcreatedb: false, rolsuper: false }]);
    await bed.sqlAs("basketball", "basketball", "alter database basketball reset search_path");
  });

  it("takes a new password, and shuts out a role that left the entry without dropping it", async () => {
    const fewer = inputsOf("basketball", { roles: { admin: entry.roles.admin } });
    expect(await bed.diff(made, fewer)).toEqual(["database.connectionLimit", "roles.report"]);
    bed.clearLog();
    made = await bed.up(fewer, made);
    expect(bed.writes()).toContain('ALTER ROLE "basketball_report" NOLOGIN');
    await expect(bed.sqlAs("basketball_report", "basketball", "select 1")).rejects.toThrow();
    expect(await bed.sql("select from pg_roles where rolname = 'basketball_report'")).toHaveLength(
      1,
    );
    const acl = await bed.sql<{ acl: string }>(
      "select relacl::text as acl from pg_class where relname = 'games'",
      "basketball",
    );
    expect(acl[0]?.acl).not.toContain("basketball_report");
    made = await bed.up(inputsOf("basketball", entry), made);
    await bed.sqlAs("basketball_report", "basketball", "select * from games");
  });

  it("refuses what it did not make, and says how to take it over", async () => {
    await bed.sql("create role legacy login connection limit 7");
    await expect(bed.up(inputsOf("legacy"))).rejects.toThrow(
      /role "legacy" exists and was not made by this stack.*adopt to true/s,
    );
    await bed.sql("create database other");
    await expect(bed.up(inputsOf("wiki", { database: { name: "other" } }))).rejects.toThrow(
      /belongs to role "postgres", not to "wiki"; Berth never changes an owner/,
    );
    expect(await bed.sql("select from pg_roles where rolname = 'wiki'")).toEqual([]);
  });

  it("takes over with adopt, and keeps rows and PUBLIC's access", async () => {
    await bed.sql("create database legacy owner legacy");
    await bed.sql("create table kept (id int); alter table kept owner to legacy", "legacy");
    const inputs = inputsOf("legacy", {
      adopt: true,
      owner: { connectionLimit: 7 },
      roles: { reader: { profile: "readonly" } },
    });
    if (!isSuperuser) {
      await expect(bed.up(inputs)).rejects.toThrow(
        /as a superuser: GRANT "legacy" TO "coachlight_admin" WITH ADMIN TRUE, INHERIT TRUE, SET TRUE/,
      );
      await bed.sql(`grant legacy to coachlight_admin with admin true, inherit true, set true`);
    }
    const adopted = await bed.up(inputs);
    expect(await bed.sqlAs("legacy_reader", "legacy", "select * from kept")).toEqual([]);
    expect((await bed.refresh(adopted))?.state).toEqual(adopted.state);
  });

  it("left the neighbour byte for byte as it was", async () => {
    expect(await bed.neighbour()).toBe(neighbourBefore);
  });
});
