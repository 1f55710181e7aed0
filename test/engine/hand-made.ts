import { escapeIdentifier as id, escapeLiteral as text } from "pg";

/** A server as people leave it: 33 apps that were made by hand, and what is not for an app to take. */

type Sql = (statement: string, database?: string) => Promise<unknown>;

/** Password of every role here. */
export const passwordOf = (role: string): string =>
  `Hand-made ${role.length.toString()} canary-0123`;

/** Names that a newcomer's script trips over; each is a role and its database. */
const specialNames = [
  "my-app",
  "CamelCase",
  "user@example.com",
  "with space",
  " leading and trailing ",
  "日本語",
  "Ünïcödé",
  "emoji🚀",
  'quo"te',
  "single'quote",
  "semi;colon",
  "dollar$$sign",
  "back\\slash",
  "percent%s%I",
  "123start",
  "select",
  "a.b.c",
  "x=y",
  "tab\tname",
  "null",
  "yes",
  "0777",
  "n".repeat(63),
];

/** The databases that an entry can say. */
export const handMade: readonly string[] = [
  ...specialNames,
  "limits",
  "paths",
  "Odd Owner's",
  "crowded",
  "closed",
  "latin",
  "extras",
  "shop",
  "jobs",
  "of_monitor",
];

/** Makes all of it. Every database holds a table with a row. */
export async function seedHandMade(sql: Sql): Promise<void> {
  const login = (name: string, more = ""): Promise<unknown> =>
    sql(`create role ${id(name)} login ${more} password ${text(passwordOf(name))}`);
  const app = async (name: string, owner = name, more = ""): Promise<void> => {
    await sql(`create database ${id(name)} owner ${id(owner)} ${more}`);
    // Until 15 a NOINHERIT owner may not make it itself.
    await sql(
      `create table kept (id serial primary key, note text); insert into kept (note) values ('kept');
       alter table kept owner to ${id(owner)}`,
      name,
    );
  };
  await sql("create role readers nologin");
  await sql('create role "Group With Space" nologin');
  for (const name of specialNames) {
    await login(name);
    await app(name);
  }
  await login("limits", "connection limit 7");
  await app("limits", "limits", "connection limit 20");
  await login("paths", "noinherit");
  await app("paths");
  await sql('grant readers, "Group With Space" to paths');
  await sql("grant readers to limits with admin option");
  await sql('alter role paths set search_path = "$user", "Archive, old", public');
  await sql("alter role paths set work_mem = '8MB'");
  await sql("alter role paths in database paths set statement_timeout = '5min'");
  await sql("alter database paths set timezone = 'UTC'");
  await login("The Owner");
  await app("Odd Owner's", "The Owner");
  await seedCrowded(sql, login, app);
  await login("closed");
  await app("closed");
  await sql("revoke all on database closed from public");
  await login("latin");
  await app("latin", "latin", "encoding 'LATIN1' locale 'C' template template0");
  await seedExtras(sql, login, app);
  await seedShop(sql, login, app);
  await seedJobs(sql, login, app);
  await seedOthers(sql, login, app);
}

const writing = { tables: "select, insert, update, delete", sequences: "select, usage" };

/** Gives privileges on all that is there and, by default privileges of the owner, on all to come. */
function giveIn(sql: Sql, app: string, schema: string) {
  return async (name: string, privileges: Readonly<Record<string, string>>): Promise<void> => {
    await sql(`grant connect on database ${app} to ${id(name)}`);
    await sql(`grant usage on schema ${schema} to ${id(name)}`, app);
    for (const [kind, list] of Object.entries(privileges)) {
      await sql(
        `grant ${list} on all ${kind} in schema ${schema} to ${id(name)};
         alter default privileges for role ${app} in schema ${schema} grant ${list} on ${kind} to ${id(name)}`,
        app,
      );
    }
  };
}

type Login = (name: string, more?: string) => Promise<unknown>;
type App = (name: string, owner?: string, more?: string) => Promise<void>;

/** Objects of several roles; a login that reads, one that writes, one that does something else. */
async function seedCrowded(sql: Sql, login: Login, app: App): Promise<void> {
  await login("crowded");
  await app("crowded");
  for (const name of ["crowded_ro", "Crowded Writer", "crowded_odd", "stranger"]) await login(name);
  const give = giveIn(sql, "crowded", "public");
  await give("crowded_ro", { tables: "select", sequences: "select" });
  await give("Crowded Writer", writing);
  await sql(
    `grant select (id), update (note) on kept to crowded_odd; grant truncate on kept to crowded_odd;
     create table of_postgres (id int); grant select on of_postgres to crowded_ro;
     create table of_stranger (id serial); alter table of_stranger owner to stranger;
     create schema theirs authorization stranger; create view theirs.v as select 1 as one;
     grant usage on schema theirs to crowded_ro; grant select on kept to readers;
     alter default privileges for role stranger grant select on tables to readers;
     create function f() returns int language sql as 'select 1'; revoke all on function f() from public;
     grant execute on function f() to crowded_ro`,
    "crowded",
  );
}

async function seedExtras(sql: Sql, login: Login, app: App): Promise<void> {
  await login("extras");
  await app("extras");
  await sql(
    `create extension if not exists pgcrypto; create schema archive authorization extras;
     create table archive.old (id int); alter table archive.old owner to extras;
     create type mood as enum ('ok'); alter type mood owner to extras; select lo_create(4711);
     grant usage on schema archive to readers; create publication p; comment on table kept is 'Kept'`,
    "extras",
  );
}

/** A second schema and extensions in either, and a login that reads both. */
async function seedShop(sql: Sql, login: Login, app: App): Promise<void> {
  await login("shop");
  await login("shop_ro");
  await app("shop");
  await sql(
    `create schema billing authorization shop; create extension pg_trgm; create extension hstore schema billing;
     create table billing.invoice (id serial primary key, lines billing.hstore);
     alter table billing.invoice owner to shop`,
    "shop",
  );
  for (const schema of ["public", "billing"]) {
    await giveIn(sql, "shop", schema)("shop_ro", { tables: "select", sequences: "select" });
  }
}

/** Logins with more than a profile, and with less than one. */
async function seedJobs(sql: Sql, login: Login, app: App): Promise<void> {
  await login("jobs");
  await app("jobs");
  await sql(
    `create function f() returns int language sql as 'select 1'; alter function f() owner to jobs;
     revoke all on function f() from public`,
    "jobs",
  );
  for (const name of ["jobs_etl", "jobs_metrics"]) await login(name);
  const give = giveIn(sql, "jobs", "public");
  await give("jobs_etl", { ...writing, functions: "execute" });
  await give("jobs_etl", { tables: "truncate" });
  await sql("grant temporary on database jobs to jobs_etl");
  await give("jobs_metrics", { tables: "select" });
}

/** What no entry can say, with the word that adopt must use for it. */
export const notForAnEntry: readonly (readonly [
  kind: "database" | "role",
  name: string,
  why: RegExp,
])[] = [
  ["database", "of_superuser", /its owner "\w+" is a superuser, and no app can have that role/],
  ["database", "two_a", /owns the databases "two_a" and "two_b"/],
  ["database", "two_b", /make "two_b" its owner first/],
  ["database", "of_group", /becomes LOGIN/],
  ["database", "of_expiring", /becomes VALID UNTIL 'infinity'/],
  ["database", "of_maker", /has CREATEDB/],
  ["database", "of_dev", /made by another stack, whose ownership role is "berth_other"/],
  ["database", "sealed", /allows no connections/],
  ["database", "of_nobody", /connectionLimit/],
  ["role", "bi", /reaches "closed", "limits"/],
  ["role", "crowded_odd", /an entry cannot express/],
  ["role", "idle", /no privileges in any proposed database/],
];

async function seedOthers(sql: Sql, login: Login, app: App): Promise<void> {
  await app("of_superuser", "postgres");
  await login("two");
  await app("two_a", "two");
  await app("two_b", "two");
  await sql("alter database two_b connection limit 9");
  await sql("create role of_group nologin");
  await app("of_group");
  await login("of_expiring", "valid until '2099-01-01'");
  await app("of_expiring");
  await login("of_maker", "createdb");
  await app("of_maker");
  await login("of_monitor");
  await sql("grant pg_monitor to of_monitor");
  await app("of_monitor");
  await sql("create role berth_other nologin");
  await login("of_dev");
  await sql("grant berth_other to of_dev");
  await app("of_dev");
  await login("sealed");
  await app("sealed", "sealed");
  await sql("alter database sealed allow_connections false");
  await login("of_nobody", "connection limit 0");
  await app("of_nobody");
  await login("bi");
  await sql("grant connect on database closed, limits to bi");
  await login("idle");
}
