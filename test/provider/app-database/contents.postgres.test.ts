import { describe, expect, it } from "vitest";
import { inputsOf, statementsIn } from "./bed.ts";
import { bothAdmins, keepNeighbour, useBed } from "./use-bed.ts";

/** Privileges beyond the profiles, schemas and extensions, on a real Postgres with both kinds of admin. */

const privileges = {
  database: ["TEMPORARY"],
  tables: ["TRUNCATE", "TRIGGER", "MAINTAIN"],
  functions: ["EXECUTE"],
};
const roles = {
  admin: { profile: "readwrite", privileges },
  probe: { privileges: { tables: ["SELECT"] } },
};
const database = { schemas: ["billing"], extensions: ["cube", "pg_trgm"] };
const entry = { roles, database };

describe.each(bothAdmins)("as $admin", ({ isSuperuser }) => {
  const bed = useBed({ isSuperuser });
  keepNeighbour(bed);

  /** Runs statements as a role of an app; the empty key is its owner. */
  const as = (app: string, key: "" | "_admin" | "_probe", statement: string) =>
    bed.sqlAs(`${app}${key}`, app, statement);
  const refuses = async (app: string, key: "_admin" | "_probe", statement: string) => {
    await expect(as(app, key, statement), `${key}: ${statement}`).rejects.toMatchObject({
      code: "42501",
    });
  };

  /** An app with a table and routines in each schema, which its owner made after `up`. */
  async function plant(app: string) {
    const made = await bed.up(inputsOf(app, entry));
    for (const schema of ["public", "billing"]) {
      await as(app, "", `create table ${schema}.games (id serial primary key, note text)`);
      await as(
        app,
        "",
        `create function ${schema}.score(int, text) returns int language sql as 'select 1';
         create procedure ${schema}.tidy(inout n int) language sql as 'select 1';
         revoke execute on all routines in schema ${schema} from public`,
      );
    }
    bed.clearLog();
    bed.reports.length = 0;
    return made;
  }

  it("previews exactly the statements that up then sends", async () => {
    const inputs = inputsOf("preview", entry);
    const previewed = statementsIn(await bed.preview(inputs));
    expect(previewed).toContain('CREATE SCHEMA "billing" AUTHORIZATION "preview"');
    expect(previewed).toContain(
      'SET ROLE "preview"; CREATE EXTENSION "pg_trgm" SCHEMA "public"; RESET ROLE',
    );
    expect(previewed).toContain('GRANT USAGE ON SCHEMA "billing" TO "preview_probe"');
    bed.clearLog();
    await bed.up(inputs);
    const hide = (statement: string) => statement.replace(/PASSWORD .*/, "PASSWORD");
    expect(bed.writes().map(hide)).toEqual(previewed.map(hide));
  });

  it("sends nothing for an app that is as its entry says", async () => {
    const made = await plant("same");
    expect(await bed.diff(made)).toEqual([]);
    expect((await bed.refresh(made))?.state).toEqual(made.state);
    const again = await bed.up(made.inputs);
    expect(again.state).toEqual(made.state);
    expect(bed.writes().filter((statement) => !statement.includes("PASSWORD"))).toEqual([]);
  });

  it("gives what was asked for on what the owner makes later, in every schema, and no more", async () => {
    await plant("later");
    for (const schema of ["public", "billing"]) {
      await as("later", "_admin", `insert into ${schema}.games (note) values ('x')`);
      await as("later", "_admin", `truncate ${schema}.games`);
      await as("later", "_admin", `reindex table ${schema}.games`);
      await as("later", "_admin", `select ${schema}.score(1, 'a')`);
      await as("later", "_admin", `call ${schema}.tidy(1)`);
      await as("later", "_probe", `select * from ${schema}.games`);
      await refuses("later", "_probe", `insert into ${schema}.games (note) values ('x')`);
      await refuses("later", "_probe", `select ${schema}.score(1, 'a')`);
      await refuses("later", "_admin", `create table ${schema}.own (id int)`);
    }
    await as("later", "_admin", "create temporary table own (id int)");
    await refuses("later", "_probe", "create temporary table own (id int)");
    await refuses("later", "_admin", "create schema own");
    expect(await as("later", "_admin", "select similarity('Bird', 'bird')")).toEqual([
      { similarity: 1 },
    ]);
  });

  it("covers functions that are there already, whatever they are called with", async () => {
    let made = await plant("there");
    await as(
      "there",
      "",
      `create type public."Odd type" as enum ('a');
       create function "we""ird"("a b" public."Odd type", variadic int[]) returns int language sql as 'select 1';
       create function score(out a int, out b int) language sql as 'select 1, 2';
       create procedure over(in a int, out b int) language sql as 'select 1';
       create procedure over(in a int, in b int) language sql as 'select 1';
       create aggregate total(int) (sfunc = int4pl, stype = int);
       create aggregate pick(float8 order by float8) (sfunc = float8_accum, stype = float8[], initcond = '{0,0,0}');
       revoke execute on all routines in schema public from public, there_admin`,
    );
    expect((await bed.refresh(made))?.state).toMatchObject({
      roles: { admin: { grants: { function: [] } } },
    });
    bed.clearLog();
    made = await bed.up(made.inputs, await bed.refresh(made));
    expect(bed.writes()).toHaveLength(1);
    expect((await bed.refresh(made))?.state).toEqual(made.state);
    expect(bed.writes()).toHaveLength(1);
    const granted = await bed.sql<{ granted: boolean }>(
      `select distinct has_function_privilege('there_admin', p.oid, 'EXECUTE') as granted from pg_proc p
       where pronamespace = 'public'::regnamespace and proowner = 'there'::regrole`,
      "there",
    );
    expect(granted).toEqual([{ granted: true }]);
  });

  it("takes back what a role has on a column and not on the table, and sees no substitute in it", async () => {
    let made = await plant("columns");
    await bed.sql(
      `grant update (note) on public.games to columns_probe;
       grant select (note) on public.games to columns_probe;
       revoke insert on billing.games from columns_admin; grant insert (note) on billing.games to columns_admin`,
      "columns",
    );
    made = await bed.up(made.inputs, await bed.refresh(made));
    expect(bed.writes().toSorted()).toEqual([
      'GRANT INSERT ON TABLE "billing"."games" TO "columns_admin"',
      'REVOKE UPDATE ON TABLE "public"."games" FROM "columns_probe"',
    ]);
    expect((await bed.refresh(made))?.state).toEqual(made.state);
    await refuses("columns", "_probe", "update public.games set note = 'y'");
  });

  it("leaves alone what an extension brought", async () => {
    const made = await plant("brought");
    const given = await bed.sql(
      `select from pg_proc p, aclexplode(p.proacl) a, pg_depend d
       where d.objid = p.oid and d.deptype = 'e' and a.grantee = 'brought_admin'::regrole`,
      "brought",
    );
    expect(given).toEqual([]);
    await bed.refresh(made);
    expect(bed.reports).toEqual([]);
  });

  it("names drift by the app's properties, and puts right exactly that", async () => {
    let made = await plant("drift");
    await bed.sql("drop extension cube; drop schema billing cascade", "drift");
    await bed.sql(
      "alter default privileges for role drift in schema public revoke execute on functions from drift_admin",
      "drift",
    );
    const refreshed = await bed.refresh(made);
    expect(refreshed?.state).toMatchObject({
      schemas: ["public"],
      extensions: [{ name: "pg_trgm", schema: "public" }],
      roles: { admin: { grants: { function: [] } } },
    });
    expect(await bed.diff(refreshed ?? made)).toEqual(
      expect.arrayContaining(["extensions", "roles.admin.grants.function", "schemas"]),
    );
    bed.clearLog();
    made = await bed.up(made.inputs, refreshed);
    expect(bed.writes()).toEqual(
      expect.arrayContaining([
        'CREATE SCHEMA "billing" AUTHORIZATION "drift"',
        'SET ROLE "drift"; CREATE EXTENSION "cube" SCHEMA "public"; RESET ROLE',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "drift" IN SCHEMA "public" GRANT EXECUTE ON FUNCTIONS TO "drift_admin"',
      ]),
    );
    expect((await bed.refresh(made))?.state).toEqual(made.state);
  });

  it("drops nothing that leaves the entry, says so, and takes back what a role loses", async () => {
    const made = await plant("fewer");
    const fewer = inputsOf("fewer", {
      roles: { ...roles, admin: { ...roles.admin, privileges: {} } },
    });
    await bed.up(fewer, made);
    expect(bed.reports.join("\n")).toMatch(
      /extension "cube" left the entry and stays.*DROP EXTENSION "cube"/,
    );
    expect(bed.reports.join("\n")).toMatch(
      /schema "billing" left the entry and stays.*DROP SCHEMA "billing"/,
    );
    expect(bed.writes().filter((statement) => /^(DROP|ALTER EXT)/i.test(statement))).toEqual([]);
    expect(bed.writes()).toContain('REVOKE TEMPORARY ON DATABASE "fewer" FROM "fewer_admin"');
    const left = await bed.sql(
      "select from pg_namespace where nspname = 'billing' union all select from pg_extension where extname in ('cube', 'pg_trgm')",
      "fewer",
    );
    expect(left).toHaveLength(3);
    await refuses("fewer", "_admin", "truncate public.games");
    await refuses("fewer", "_admin", "select score(1, 'a')");
    await as("fewer", "_admin", "select note from public.games");
  });

  it("refuses a schema of somebody else, in a preview too, and does not touch it", async () => {
    const made = await bed.up(inputsOf("stranger", { roles }));
    await bed.sql("create schema theirs", "stranger");
    const inputs = inputsOf("stranger", { roles, database: { schemas: ["theirs"] } });
    const message =
      /schema "theirs" in database "stranger" belongs to role "postgres", not to "stranger"; Berth never changes an owner/;
    await expect(bed.preview(inputs, made)).rejects.toThrow(message);
    bed.clearLog();
    await expect(bed.up(inputs, made)).rejects.toThrow(message);
    expect(bed.writes()).toEqual([]);
    expect(
      await bed.sql(
        "select nspowner::regrole::text as owner, nspacl from pg_namespace where nspname = 'theirs'",
        "stranger",
      ),
    ).toEqual([{ owner: "postgres", nspacl: null }]);
  });
});
