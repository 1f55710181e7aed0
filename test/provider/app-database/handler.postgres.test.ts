import { describe, expect, it } from "vitest";
import { inputsOf } from "./bed.ts";
import { bothAdmins, keepNeighbour, useBed } from "./use-bed.ts";

/** The handler against a real Postgres, with a CREATEROLE + CREATEDB admin and with a superuser. */

const entry = {
  roles: {
    admin: { profile: "readwrite" },
    report: { profile: "readonly" },
  },
};

describe.each(bothAdmins)("as $admin", ({ isSuperuser }) => {
  const bed = useBed({ isSuperuser });
  keepNeighbour(bed);

  /** An app with a table of its owner. */
  async function plant(app: string) {
    const made = await bed.up(inputsOf(app, entry));
    await bed.sqlAs(app, app, "create table games (id serial primary key, note text)");
    bed.clearLog();
    bed.reports.length = 0;
    return made;
  }

  it("makes an app with at most two logins a database", async () => {
    bed.clearLog();
    const made = await bed.up(inputsOf("fresh", entry));
    expect(made.id).toBe("fresh");
    expect(bed.logins().filter((database) => database === "fresh")).toHaveLength(1);
    expect(bed.logins().length).toBeLessThanOrEqual(4);
  });

  it("keeps verifiers out of what state shows", async () => {
    const made = await plant("shown");
    expect(JSON.stringify(made.state)).not.toContain("SCRAM");
    expect(Object.keys(made.state)).not.toContain("verifiers");
  });

  it("looks once into the database for a refresh and the comparison that follows", async () => {
    const made = await plant("looked");
    const handler = await bed.provider();
    try {
      const request = { ...made, oldInputs: made.inputs, oldState: made.state };
      await handler.read(made);
      expect(await handler.diff({ ...request, newInputs: made.inputs })).toEqual({});
      expect(bed.logins().filter((database) => database === "looked")).toHaveLength(1);
      await bed.sqlAs("looked", "looked", "create table later (id int)");
      await bed.sqlAs("looked", "looked", "revoke select on later from looked_report");
      // Another comparison, or one of another entry, looks again.
      expect(await handler.diff({ ...request, newInputs: made.inputs })).not.toEqual({});
      await handler.read(made);
      const other = inputsOf("looked", { roles: { admin: { profile: "readwrite" } } });
      await handler.diff({ ...request, newInputs: other });
      await handler.update({ ...request, newInputs: other, preview: true });
      expect(bed.logins().filter((database) => database === "looked")).toHaveLength(4);
    } finally {
      await handler.close();
    }
  });

  it("gives the profiles what they promise, on tables made later, and refuses the rest", async () => {
    await plant("profiles");
    await bed.sqlAs("profiles_admin", "profiles", "insert into games (note) values ('x')");
    await bed.sqlAs("profiles_admin", "profiles", "update games set note = 'y'");
    expect(await bed.sqlAs("profiles_report", "profiles", "select note from games")).toEqual([
      { note: "y" },
    ]);
    const refusals = [
      ["profiles_admin", "create table foo (id int)"],
      ["profiles_admin", "create schema foo"],
      ["profiles_admin", "truncate games"],
      ["profiles_admin", "drop table games"],
      ["profiles_admin", "create temp table foo (id int)"],
      ["profiles_report", "insert into games (note) values ('z')"],
      ["profiles_report", "create table foo (id int)"],
    ] as const;
    for (const [role, statement] of refusals) {
      await expect(bed.sqlAs(role, "profiles", statement)).rejects.toMatchObject({
        code: "42501",
      });
    }
  });

  it("names drift by the app's properties, and puts right exactly that", async () => {
    const made = await plant("drift");
    await bed.sqlAs("drift", "drift", "create table teams (id int)");
    await bed.sql("alter role drift_admin connection limit 3");
    await bed.sql("grant connect on database drift to public");
    await bed.sql("grant truncate on games to drift_admin", "drift");
    await bed.sql("revoke update on teams from drift_admin", "drift");
    await bed.sql(
      "alter default privileges for role drift in schema public revoke select on tables from drift_report",
      "drift",
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
      "roles.admin.grants.table: role drift_admin gets UPDATE on table public.teams",
    );
    expect(await bed.diff(refreshed ?? made)).toEqual(all);
    bed.clearLog();
    const repaired = await bed.up(made.inputs, refreshed);
    expect(bed.writes()).toEqual([
      'ALTER ROLE "drift_admin" CONNECTION LIMIT -1',
      'REVOKE CONNECT ON DATABASE "drift" FROM PUBLIC',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "drift" IN SCHEMA "public" GRANT SELECT ON TABLES TO "drift_report"',
      'REVOKE TRUNCATE ON TABLE "public"."games" FROM "drift_admin"',
      'GRANT UPDATE ON TABLE "public"."teams" TO "drift_admin"',
    ]);
    expect(repaired.state).toEqual(made.state);
    expect((await bed.refresh(repaired))?.state).toEqual(made.state);
  });

  it("sees in a plain preview a table that comes to the owner, and one that does not", async () => {
    const made = await plant("restore");
    await bed.sql("create table restored (id int); create table theirs (id int)", "restore");
    await bed.sql("alter table restored owner to restore", "restore");
    expect(await bed.diff(made)).toContain("roles.report.grants.table");
    await bed.up(made.inputs, made);
    await bed.sqlAs("restore_report", "restore", "select from restored");
    bed.reports.length = 0;
    expect(await bed.diff(made)).toEqual([]);
    expect(bed.reports.join()).toContain("public.theirs");
  });

  it("leaves a grantee alone that is not the app's", async () => {
    const made = await plant("guest");
    await bed.sql("create role auditor nologin");
    await bed.sql("grant connect on database guest to auditor");
    await bed.sql("grant select, truncate on games to auditor", "guest");
    expect(await bed.diff(made)).toEqual([]);
    expect((await bed.refresh(made))?.state).toMatchObject(made.state);
    await bed.sql("revoke select on games from guest_admin", "guest");
    bed.clearLog();
    await bed.up(made.inputs);
    expect(bed.writes().filter((statement) => !statement.includes("PASSWORD"))).toEqual([
      'GRANT SELECT ON TABLE "public"."games" TO "guest_admin"',
    ]);
    const granted = await bed.sql(
      `select has_database_privilege('auditor', 'guest', 'connect') as may_enter, relacl::text as acl
       from pg_class where relname = 'games'`,
      "guest",
    );
    expect(granted).toMatchObject([
      { may_enter: true, acl: expect.stringContaining("auditor=rD/") as string },
    ]);
  });

  it("runs no function that the app's owner put in the way", async () => {
    const made = await plant("hijack");
    for (const signature of ["name", "text", '"char"', "oid", "aclitem[]"]) {
      for (const hijacked of ["lower", "aclexplode", "array_agg", "pg_get_userbyid", "unnest"]) {
        const body = `begin raise exception 'hijacked %', '${hijacked}'; end`;
        await bed
          .sqlAs(
            "hijack",
            "hijack",
            `create function public.${hijacked}(${signature}) returns text language plpgsql as $$${body}$$`,
          )
          .catch(() => undefined);
      }
    }
    await bed.sqlAs(
      "hijack",
      "hijack",
      `create function public.owned(name, name) returns boolean language plpgsql as
        $$begin execute 'alter role hijack createdb'; return true; end$$;
       create operator public.= (leftarg = name, rightarg = name, function = public.owned);
       create table public.pg_roles (oid oid, rolname name);
       create table public.pg_class (oid oid, relname name);
       alter database hijack set search_path = public, pg_catalog`,
    );
    // A session that does not pin its search_path is caught, the superuser's not excepted.
    await expect(bed.sql("select relacl from pg_class", "hijack")).rejects.toThrow("relacl");
    await expect(bed.sql("select lower('x'::name)", "hijack")).rejects.toThrow("hijacked");
    expect((await bed.refresh(made))?.state).toMatchObject({
      roles: { admin: { name: "hijack_admin" } },
    });
    const more = inputsOf("hijack", entry, (state) => ({
      ...state,
      database: { ...state.database, connectionLimit: 50 },
    }));
    await bed.up(more, made);
    expect(
      await bed.sql("select rolcreatedb, rolsuper from pg_roles where rolname = 'hijack'"),
    ).toEqual([{ rolcreatedb: false, rolsuper: false }]);
  });

  it("takes a new password, and shuts out a role that left the entry without dropping it", async () => {
    let made = await plant("leaver");
    const fewer = inputsOf("leaver", { roles: { admin: entry.roles.admin } });
    expect(await bed.diff(made, fewer)).toEqual(["roles.report"]);
    made = await bed.up(fewer, made);
    expect(bed.writes()).toContain('ALTER ROLE "leaver_report" NOLOGIN');
    await expect(bed.sqlAs("leaver_report", "leaver", "select 1")).rejects.toThrow();
    expect(await bed.sql("select from pg_roles where rolname = 'leaver_report'")).toHaveLength(1);
    const acl = await bed.sql<{ acl: string }>(
      "select relacl::text as acl from pg_class where relname = 'games'",
      "leaver",
    );
    expect(acl[0]?.acl).not.toContain("leaver_report");
    await bed.up(inputsOf("leaver", entry), made);
    await bed.sqlAs("leaver_report", "leaver", "select * from games");
  });

  it("refuses what it did not make, and says how to take it over", async () => {
    await bed.sql("create role stranger login connection limit 7");
    await expect(bed.up(inputsOf("stranger"))).rejects.toThrow(
      /role "stranger" exists and was not made by this stack.*adopt to true/s,
    );
    await bed.sql("create database other");
    await expect(bed.up(inputsOf("wiki", { database: { name: "other" } }))).rejects.toThrow(
      /belongs to role "postgres", not to "wiki"; Berth never changes an owner/,
    );
    expect(await bed.sql("select from pg_roles where rolname = 'wiki'")).toEqual([]);
  });

  it("takes over with adopt, and keeps rows and PUBLIC's access", async () => {
    await bed.sql("create role legacy login connection limit 7");
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
});
