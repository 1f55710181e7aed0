import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { StoredResource } from "../../../provider/rpc/resource-handler.ts";
import { DatabaseBed, inputsOf, statementsIn, toUrn } from "./bed.ts";

/** Privileges beyond the profiles, schemas and extensions, on a real Postgres with both kinds of admin. */

const privileges = {
  database: ["TEMPORARY"],
  tables: ["TRUNCATE", "TRIGGER", "MAINTAIN"],
  functions: ["EXECUTE"],
};
const roles = {
  admin: { profile: "readwrite", name: "admin_app", privileges },
  probe: { privileges: { tables: ["SELECT"] } },
};
const database = { schemas: ["billing"], extensions: ["cube", "pg_trgm"] };
const entry = { roles, database };
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

  const as = (role: string, statement: string) => bed.sqlAs(role, "basketball", statement);
  const refuses = async (role: string, statement: string) => {
    await expect(as(role, statement), `${role}: ${statement}`).rejects.toMatchObject({
      code: "42501",
    });
  };

  it("previews exactly the statements that up then sends", async () => {
    const handler = await bed.provider();
    const inputs = inputsOf("basketball", entry);
    bed.reports.length = 0;
    await handler.create({ urn: toUrn("basketball"), inputs, preview: true });
    await handler.close();
    const previewed = bed.reports.flatMap(statementsIn);
    expect(previewed).toContain('CREATE SCHEMA "billing" AUTHORIZATION "basketball"');
    expect(previewed).toContain('CREATE EXTENSION "pg_trgm" SCHEMA "public"');
    expect(previewed).toContain('GRANT USAGE ON SCHEMA "billing" TO "basketball_probe"');
    bed.clearLog();
    made = await bed.up(inputs);
    const hide = (statement: string) => statement.replace(/PASSWORD .*/, "PASSWORD");
    expect(bed.writes().map(hide)).toEqual(previewed.map(hide));
  });

  it("sends nothing for an app that is as it shall be", async () => {
    bed.clearLog();
    expect(await bed.diff(made)).toEqual([]);
    expect((await bed.refresh(made))?.state).toEqual(made.state);
    const again = await bed.up(made.inputs);
    expect(again.state).toEqual(made.state);
    expect(bed.writes().filter((statement) => !statement.includes("PASSWORD"))).toEqual([]);
  });

  it("gives what was asked for on what the owner makes later, in every schema, and no more", async () => {
    for (const schema of ["public", "billing"]) {
      await as("basketball", `create table ${schema}.games (id serial primary key, note text)`);
      await as(
        "basketball",
        `create function ${schema}.score(int, text) returns int language sql as 'select 1';
         create procedure ${schema}.tidy(inout n int) language sql as 'select 1';
         revoke execute on all routines in schema ${schema} from public`,
      );
      await as("admin_app", `insert into ${schema}.games (note) values ('x')`);
      await as("admin_app", `truncate ${schema}.games`);
      await as("admin_app", `reindex table ${schema}.games`);
      await as("admin_app", `select ${schema}.score(1, 'a')`);
      await as("admin_app", `call ${schema}.tidy(1)`);
      await as("basketball_probe", `select * from ${schema}.games`);
      await refuses("basketball_probe", `insert into ${schema}.games (note) values ('x')`);
      await refuses("basketball_probe", `select ${schema}.score(1, 'a')`);
      await refuses("admin_app", `create table ${schema}.own (id int)`);
    }
    await as("admin_app", "create temporary table own (id int)");
    await refuses("basketball_probe", "create temporary table own (id int)");
    await refuses("admin_app", "create schema own");
    expect(await as("admin_app", "select similarity('Bird', 'bird')")).toEqual([{ similarity: 1 }]);
  });

  it("covers functions that are there already, whatever they are called with", async () => {
    await as(
      "basketball",
      `create type public."Odd type" as enum ('a');
       create function "we""ird"("a b" public."Odd type", variadic int[]) returns int language sql as 'select 1';
       create function score(out a int, out b int) language sql as 'select 1, 2';
       create procedure over(in a int, out b int) language sql as 'select 1';
       create procedure over(in a int, in b int) language sql as 'select 1';
       create aggregate total(int) (sfunc = int4pl, stype = int);
       create aggregate pick(float8 order by float8) (sfunc = float8_accum, stype = float8[], initcond = '{0,0,0}');
       revoke execute on all routines in schema public from public, admin_app`,
    );
    expect((await bed.refresh(made))?.state).toMatchObject({
      roles: { admin: { grants: { function: [] } } },
    });
    bed.clearLog();
    made = await bed.up(made.inputs, await bed.refresh(made));
    expect(bed.writes()).toHaveLength(1);
    expect((await bed.refresh(made))?.state).toEqual(made.state);
    expect(bed.writes()).toHaveLength(1);
    const held = await bed.sql<{ held: boolean }>(
      `select distinct has_function_privilege('admin_app', p.oid, 'EXECUTE') as held from pg_proc p
       where pronamespace = 'public'::regnamespace and proowner = 'basketball'::regrole`,
      "basketball",
    );
    expect(held).toEqual([{ held: true }]);
  });

  it("takes back what a role holds on a column and not on the table, and sees no substitute in it", async () => {
    await bed.sql(
      `grant update (note) on public.games to basketball_probe;
       grant select (note) on public.games to basketball_probe;
       revoke insert on billing.games from admin_app; grant insert (note) on billing.games to admin_app`,
      "basketball",
    );
    bed.clearLog();
    made = await bed.up(made.inputs, await bed.refresh(made));
    expect(bed.writes().toSorted()).toEqual([
      'GRANT INSERT ON TABLE "billing"."games" TO "admin_app"',
      'REVOKE UPDATE ON TABLE "public"."games" FROM "basketball_probe"',
    ]);
    expect((await bed.refresh(made))?.state).toEqual(made.state);
    await refuses("basketball_probe", "update public.games set note = 'y'");
  });

  it("leaves alone what an extension brought", async () => {
    const given = await bed.sql(
      `select from pg_proc p, aclexplode(p.proacl) a, pg_depend d
       where d.objid = p.oid and d.deptype = 'e' and a.grantee = 'admin_app'::regrole`,
      "basketball",
    );
    expect(given).toEqual([]);
    bed.reports.length = 0;
    await bed.refresh(made);
    expect(bed.reports).toEqual([]);
  });

  it("names drift by the app's properties, and puts right exactly that", async () => {
    await bed.sql("drop extension cube; drop schema billing cascade", "basketball");
    await bed.sql(
      "alter default privileges for role basketball in schema public revoke execute on functions from admin_app",
      "basketball",
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
        'CREATE SCHEMA "billing" AUTHORIZATION "basketball"',
        'CREATE EXTENSION "cube" SCHEMA "public"',
        'ALTER DEFAULT PRIVILEGES FOR ROLE "basketball" IN SCHEMA "public" GRANT EXECUTE ON FUNCTIONS TO "admin_app"',
      ]),
    );
    expect((await bed.refresh(made))?.state).toEqual(made.state);
  });

  it("drops nothing that leaves the entry, says so, and takes back what a role loses", async () => {
    const fewer = inputsOf("basketball", {
      roles: { ...roles, admin: { ...roles.admin, privileges: {} } },
    });
    bed.clearLog();
    bed.reports.length = 0;
    made = await bed.up(fewer, made);
    expect(bed.reports.join("\n")).toMatch(
      /extension "cube" left the entry and stays.*DROP EXTENSION "cube"/,
    );
    expect(bed.reports.join("\n")).toMatch(
      /schema "billing" left the entry and stays.*DROP SCHEMA "billing"/,
    );
    expect(bed.writes().filter((statement) => /^(DROP|ALTER EXT)/i.test(statement))).toEqual([]);
    expect(bed.writes()).toContain('REVOKE TEMPORARY ON DATABASE "basketball" FROM "admin_app"');
    const left = await bed.sql(
      "select from pg_namespace where nspname = 'billing' union all select from pg_extension where extname in ('cube', 'pg_trgm')",
      "basketball",
    );
    expect(left).toHaveLength(3);
    await refuses("admin_app", "truncate public.games");
    await refuses("admin_app", "select score(1, 'a')");
    await as("admin_app", "select note from public.games");
  });

  it("refuses a schema of somebody else, in a preview too, and does not touch it", async () => {
    await bed.sql("create schema theirs", "basketball");
    const inputs = inputsOf("basketball", { roles, database: { schemas: ["theirs"] } });
    const request = { id: made.id, urn: toUrn("x"), oldInputs: made.inputs, oldState: made.state };
    const handler = await bed.provider();
    const message =
      /schema "theirs" in database "basketball" belongs to role "postgres", not to "basketball"; Berth never changes an owner/;
    await expect(handler.update({ ...request, newInputs: inputs, preview: true })).rejects.toThrow(
      message,
    );
    await handler.close();
    bed.clearLog();
    await expect(bed.up(inputs, made)).rejects.toThrow(message);
    expect(bed.writes()).toEqual([]);
    expect(
      await bed.sql(
        "select nspowner::regrole::text as owner, nspacl from pg_namespace where nspname = 'theirs'",
        "basketball",
      ),
    ).toEqual([{ owner: "postgres", nspacl: null }]);
  });

  it("left the neighbour byte for byte as it was", async () => {
    expect(await bed.neighbour()).toBe(neighbourBefore);
  });
});
