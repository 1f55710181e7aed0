import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifierEnvironment } from "../../../components/config/derive/names.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import { readAppCatalog } from "../../fakes/app-catalog.ts";
import { makeApp } from "../../fakes/stack.ts";
import {
  DatabaseBed,
  inputsOf,
  ownershipRole,
  rolePassword,
} from "../../provider/app-database/bed.ts";
import { database, entries, roles } from "./any-entry.ts";
import { hasPsql, psql, toScript } from "./run.ts";

/**
 * The psql script decides in SQL what the provider decides in TypeScript. Whatever a server holds and
 * whatever an entry says, both have to end in the same catalog.
 */

const role = fc.constantFrom(...roles);
const other = fc.constantFrom(...roles.slice(1), "public");
const schema = fc.constantFrom("public", "billing");
const onTable = fc.constantFrom("SELECT", "DELETE", "TRUNCATE", "REFERENCES", "SELECT (note)");
const give = (privilege: string, on: string, to: string, isGiven: boolean): string =>
  isGiven ? `grant ${privilege} on ${on} to ${to}` : `revoke ${privilege} on ${on} from ${to}`;

/** Made here, since the server's own salt is another each time. */
const another = makeVerifier("another password", "another");

/** What a person may have done by hand; a statement that fails changed nothing. */
const edits = fc.array(
  fc.oneof(
    fc
      .tuple(role, fc.constantFrom("nologin", "createdb", "connection limit 4", "bypassrls"))
      .map(([name, attribute]) => `alter role ${name} ${attribute}`),
    role.map((name) => `alter role ${name} valid until '2020-01-01' password '${another}'`),
    role.map((name) => `alter role ${name} set search_path to nowhere, "$user"`),
    role.map((name) => `grant readers to ${name}`),
    fc
      .tuple(role, fc.constantFrom("pg_monitor", "nobody_made_this", `${database}_ro`))
      .map(([name, group]) => `grant ${group} to ${name}`),
    role.map((name) => `alter role ${name} set work_mem to '8MB'`),
    role.map((name) => `alter role ${name} set statement_timeout to '9s'`),
    fc.constant(`alter database ${database} set work_mem to '9MB'`),
    role.map((name) => `alter role ${name} in database ${database} set work_mem to '9MB'`),
    role.map((name) => `revoke ${ownershipRole} from ${name}`),
    fc
      .constantFrom(3, 40)
      .map((limit) => `alter database ${database} connection limit ${String(limit)}`),
    fc
      .tuple(fc.constantFrom("connect", "temporary", "create"), other, fc.boolean())
      .map(([one, to, isGiven]) => give(one, `database ${database}`, to, isGiven)),
    fc
      .tuple(fc.constantFrom("usage", "create"), schema, other, fc.boolean())
      .map(([one, at, to, isGiven]) => give(one, `schema ${at}`, to, isGiven)),
    schema.map(
      (at) =>
        `create table ${at}.t (id serial, note text); alter table ${at}.t owner to ${database};
         create function ${at}.f(int) returns int language sql return 1; alter function ${at}.f owner to ${database}`,
    ),
    fc.constant("create table public.theirs (id int, note text)"),
    fc
      .tuple(onTable, fc.constantFrom("t", "theirs", "billing.t"), other, fc.boolean())
      .map(([one, table, to, isGiven]) => give(one, `table ${table}`, to, isGiven)),
    fc
      .tuple(fc.constantFrom("usage", "update"), other, fc.boolean())
      .map(([one, to, isGiven]) => give(one, "sequence t_id_seq", to, isGiven)),
    fc
      .tuple(other, fc.boolean())
      .map(([to, isGiven]) => give("execute", "function f(int)", to, isGiven)),
    fc
      .tuple(schema, fc.constantFrom("delete", "select"), other, fc.boolean())
      .map(
        ([at, one, to, isGiven]) =>
          `alter default privileges for role ${database} in schema ${at} ${give(one, "tables", to, isGiven)}`,
      ),
    other.map(
      (to) => `alter default privileges for role ${database} grant insert on tables to ${to}`,
    ),
    other.map(
      (to) => `alter default privileges for role ${database} grant usage on schemas to ${to}`,
    ),
    fc.constant(`create schema billing authorization ${database}`),
    fc
      .tuple(role, fc.constantFrom("superuser", "createrole", "replication", "noinherit"))
      .map(([name, attribute]) => `alter role ${name} ${attribute}`),
    fc
      .tuple(role, fc.constantFrom("admin true", "inherit false", "set false"))
      .map(([name, option]) => `grant readers to ${name} with ${option}`),
    role.map((name) => `grant ${ownershipRole} to ${name} with admin true`),
    role.map((name) => `grant ${name} to readers`),
    fc.tuple(role, schema).map(
      ([name, at]) =>
        `create view ${at}.v as select 1 as a; alter view ${at}.v owner to ${name};
           create sequence ${at}."S, 1;%$"; alter sequence ${at}."S, 1;%$" owner to ${name};
           create procedure ${at}.p(in "a b" int, out c text) language sql as 'select 1::text'; alter procedure ${at}.p owner to ${name};
           create aggregate ${at}.g(int) (sfunc = int4pl, stype = int); alter aggregate ${at}.g(int) owner to ${name};
           create table ${at}."Or%d's \\" (a int, "b c" text) partition by range (a); alter table ${at}."Or%d's \\" owner to ${name}`,
    ),
    fc
      .tuple(onTable, schema, other, fc.boolean())
      .map(([one, at, to, isGiven]) =>
        give(one.replace("(note)", '("b c")'), `table ${at}."Or%d's \\"`, to, isGiven),
      ),
    fc.tuple(schema, other).map(([at, to]) => `grant all on all routines in schema ${at} to ${to}`),
    fc
      .tuple(schema, other)
      .map(([at, to]) => `grant all on all sequences in schema ${at} to ${to} with grant option`),
    fc
      .tuple(other, fc.constantFrom("functions", "sequences", "types", "tables"), fc.boolean())
      .map(
        ([to, type, isGiven]) =>
          `alter default privileges for role ${database} ${isGiven ? "grant" : "revoke"} all on ${type} ${isGiven ? "to" : "from"} ${to}`,
      ),
    fc
      .tuple(role, schema)
      .map(
        ([name, at]) =>
          `alter default privileges for role ${name} in schema ${at} grant all on tables to public`,
      ),
    role.map((name) => `alter schema billing owner to ${name}`),
    role.map((name) => `alter database ${database} owner to ${name}`),
    fc.constant("alter schema public owner to current_user"),
    fc.constant("drop schema public cascade"),
    fc.constantFrom(
      `alter database ${database} is_template true`,
      `alter database ${database} set role to readers`,
      `alter database ${database} set search_path to billing`,
      `alter database ${database} rename to basketball_old`,
      `comment on role ${ownershipRole} is 'hello'`,
      `grant usage on schema public to readers with grant option`,
    ),
    role.map((name) => `alter role ${name} set role to readers`),
    role.map((name) => `alter role ${name} set search_path to ''`),
    role.map(
      (name) =>
        `select set_config('search_path', '', true); alter role ${name} set search_path from current`,
    ),
    fc.constant("drop schema billing cascade"),
    fc.constant("alter schema billing owner to current_user"),
  ),
  { maxLength: 12 },
);

/** The live state: what a run of Berth has left, if there was one, and what happened since. */
const live = fc.record({ before: fc.option(entries), edits });

const lists = { memberOf: [], except: [] };
const reader = { profile: "readonly", connectionLimit: 2, ...lists } as const;

describe.skipIf(!hasPsql)("from whatever a server holds", () => {
  let beds: readonly [provider: DatabaseBed, script: DatabaseBed];

  beforeAll(async () => {
    const open = async () => {
      const bed = await DatabaseBed.open({ isSuperuser: true });
      await bed.sql("create role readers");
      return bed;
    };
    beds = [await open(), await open()];
  });

  afterAll(async () => {
    await Promise.all(beds.map((bed) => bed.close()));
  });

  /** Both servers begin with the same. */
  async function prepare(bed: DatabaseBed, { before, edits: statements }: LiveState) {
    await bed.sql(`alter database ${database} is_template false`).catch(() => undefined);
    await bed.sql(`drop database if exists ${database}`);
    await bed.sql(`drop database if exists basketball_old`);
    for (const name of [...roles, ownershipRole]) await bed.sql(`drop role if exists ${name}`);
    if (before === null) return;
    await bed.up(inputsOf(database, before)).catch(() => undefined);
    for (const statement of statements) await bed.sql(statement, database).catch(() => undefined);
  }

  it("the provider and the psql script end in the same catalog", async () => {
    await fc.assert(
      fc.asyncProperty(live, entries, async (state, entry) => {
        const [ofProvider, ofScript] = beds;
        await Promise.all(beds.map((bed) => prepare(bed, state)));
        const [ofOne, ofOther] = await Promise.all([
          runProvider(ofProvider, entry),
          runScript(ofScript, entry),
        ]);
        expect(ofOther === undefined, `${ofOne ?? ""}\n${ofOther ?? ""}`).toBe(ofOne === undefined);
        expect(await readAll(ofScript)).toEqual(await readAll(ofProvider));
      }),
      {
        numRuns: 10,
        endOnFailure: true,
        // An owner alone, in a database that stays open to PUBLIC: nothing inside it is planned.
        examples: [
          [
            { before: null, edits: [] },
            { owner: {}, database: { revokePublic: false }, roles: {} },
          ],
          // A login whose password expires becomes a role that cannot log in.
          [
            {
              before: { owner: {}, database: {}, roles: { ro: { ...reader, login: "password" } } },
              edits: [`alter role ${database}_ro valid until '2020-01-01'`],
            },
            { owner: {}, database: {}, roles: { ro: { ...reader, login: "none" } } },
          ],
          // A search_path without a schema is not the server's.
          [
            {
              before: { owner: {}, database: {}, roles: { ro: { ...reader, login: "none" } } },
              edits: [
                `alter role ${database} set search_path to ''`,
                `alter role ${database}_ro set search_path to ''`,
              ],
            },
            {
              owner: { searchPath: [""] },
              database: {},
              roles: { ro: { ...reader, login: "none" } },
            },
          ],
        ],
      },
    );
  }, 120_000);
});

type LiveState = typeof live extends fc.Arbitrary<infer T> ? T : never;

async function runProvider(bed: DatabaseBed, entry: object): Promise<string | undefined> {
  return await bed.up(inputsOf(database, entry as Record<string, unknown>)).then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

/** Returns what went wrong; undefined = nothing. */
async function runScript(bed: DatabaseBed, entry: object): Promise<string | undefined> {
  const plan = planDatabase(makeApp(entry, database), { ownershipRole } as never);
  const verifiers = plan.roles.map(({ key, name }) => [
    verifierEnvironment(key),
    makeVerifier(rolePassword(name), name),
  ]);
  const { exitCode, output } = await psql(
    bed,
    toScript(bed, entry),
    Object.fromEntries(verifiers) as Record<string, string>,
  );
  return exitCode === 0 ? undefined : output;
}

/** Also what is given on single objects, and on their columns. */
async function readAll(bed: DatabaseBed): Promise<unknown> {
  const [found] = await bed.sql(`select from pg_database where datname = '${database}'`);
  const databases = found === undefined ? [] : [database];
  const names = { roles: [...roles, ownershipRole], databases };
  const catalog = await readAppCatalog((statement, at) => bed.sql(statement, at), names);
  if (found === undefined) return catalog;
  const acl = (column: string) => `array(select unnest(${column})::text order by 1) as acl`;
  const objects = await bed.sql(
    `select relnamespace::regnamespace::text || '.' || relname as name, ${acl("relacl")}
     from pg_class where relnamespace in (select oid from pg_namespace where nspname in ('public', 'billing', 'audit'))
     union all
     select pronamespace::regnamespace::text || '.' || proname, ${acl("proacl")} from pg_proc
     where pronamespace in (select oid from pg_namespace where nspname in ('public', 'billing', 'audit'))
     union all
     select attrelid::regclass::text || '.' || attname, ${acl("attacl")} from pg_attribute where attacl is not null
     order by 1, 2`,
    database,
  );
  return { catalog, objects };
}
