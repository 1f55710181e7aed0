import { leaving } from "./database-rows.ts";
import type { Repair, Row, Trial } from "./trial.ts";

/** What keeps a database or a role from being dropped. */

/** Role `<app>_ro` leaves an entry with `reclaimPolicy: delete`. */
const roleLeaves = (before: (t: Trial, role: string) => Promise<unknown>): Row["arrange"] =>
  async function arrange(t) {
    t.entry = { reclaimPolicy: "delete", roles: { ro: { profile: "readonly" } } };
    await t.up();
    await t.sqlAs("create table page (id int, note text)");
    await before(t, `${t.app}_ro`);
    t.entry = { reclaimPolicy: "delete" };
    return t.up;
  };

/** Everything in one database that can carry a privilege, made by a superuser. */
const everyKind = (role: string): string => `
  create foreign data wrapper files;
  create server files foreign data wrapper files;
  create schema theirs;
  create table theirs.log (id int, note text);
  create sequence theirs.counter;
  create function theirs.twice(int) returns int language sql as 'select 2 * $1';
  create procedure theirs.nothing() language sql as 'select 1';
  create type theirs.mood as enum ('calm');
  create domain theirs.small as int;
  select lo_create(4242);
  grant usage on foreign data wrapper files to ${role};
  grant usage on foreign server files to ${role};
  grant usage on schema theirs to ${role};
  grant select on theirs.log to ${role};
  grant update (note) on theirs.log to ${role};
  grant usage on sequence theirs.counter to ${role};
  grant execute on function theirs.twice to ${role};
  grant execute on procedure theirs.nothing to ${role};
  grant usage on type theirs.mood to ${role};
  grant usage on type theirs.small to ${role};
  grant usage on language plpgsql to ${role};
  grant select on large object 4242 to ${role};`;

/** As the printed query says: revokes each thing that it lists, or gives it another owner. */
const byList: Repair = async (fix, t) => {
  const [, database = "", query = ""] = /in database (\S+): (SELECT .*?);/.exec(fix) ?? [];
  const rows = await t.sql(query, database);
  for (const row of rows) {
    const name = String(Object.values(row)[0]).replace(/^server /, "FOREIGN SERVER ");
    await t.sql(
      fix.endsWith("revoke that")
        ? `REVOKE ALL ON ${name} FROM ${t.app}`
        : `ALTER ${name} OWNER TO CURRENT_USER`,
      database,
    );
  }
};

const elsewhere = (when: string, sql: (role: string) => string, more: Partial<Row> = {}): Row => ({
  code: "role-has-dependents",
  when,
  arrange: leaving(async (t) => {
    for (const one of sql(t.app).split(";")) await t.sql(one);
  }),
  ...more,
});

const blocked = (when: string, sql: (app: string) => string, more: Partial<Row> = {}): Row => ({
  code: "database-in-use",
  when,
  arrange: leaving((t) => t.sql(sql(t.app), t.app)),
  ...more,
});

export const dropRows: readonly Row[] = [
  {
    code: "role-is-connected",
    when: "its session ends",
    arrange: async (t) => {
      const clients: { end: () => Promise<void> }[] = [];
      const run = await roleLeaves(async (_, role) => {
        const name = role;
        clients.push(await t.bed.connectWith({ name, password: t.passwordOf(role) }, t.app));
      })(t);
      const repair = async () => {
        for (const client of clients) await client.end();
      };
      return { run: run as () => Promise<unknown>, repair };
    },
  },
  {
    code: "role-has-dependents",
    when: "it has privileges on what a superuser owns",
    arrange: roleLeaves((t, role) => t.sql(everyKind(role), t.app)),
  },
  {
    code: "role-has-dependents",
    when: "the role is kept",
    lines: [1],
    arrange: roleLeaves((t, role) => t.sql(everyKind(role), t.app)),
  },
  {
    code: "role-has-dependents",
    when: "somebody else passed a privilege on to it",
    arrange: roleLeaves(async (t, role) => {
      await t.sql(`create role ${t.app}_bob`);
      await t.sqlAs(`grant select, update (note) on page to ${t.app}_bob with grant option`);
      await t.sql(`set role ${t.app}_bob; grant select, update (note) on page to ${role}`, t.app);
    }),
  },
  {
    code: "role-has-dependents",
    when: "it owns what only a superuser may own",
    arrange: roleLeaves(async (t, role) => {
      await t.sql(
        `create function noted() returns event_trigger language plpgsql as 'begin end';
         create event trigger noted on ddl_command_end execute function noted();
         create foreign data wrapper files;
         alter role ${role} superuser;
         alter event trigger noted owner to ${role};
         alter foreign data wrapper files owner to ${role};
         alter role ${role} nosuperuser`,
        t.app,
      );
    }),
  },
  elsewhere("it owns another database", (role) => `create database ${role}_more owner ${role}`),
  elsewhere(
    "it has privileges on what is no database's",
    (role) =>
      `grant create on tablespace pg_default to ${role};create database ${role}_near;grant connect on database ${role}_near to ${role};grant set on parameter log_statement to ${role};grant alter system on parameter work_mem to ${role}`,
  ),
  elsewhere(
    "it has privileges in another database",
    (role) =>
      `create foreign data wrapper ${role}_fdw;create server ${role}_server foreign data wrapper ${role}_fdw;grant usage on foreign server ${role}_server to ${role}`,
    { repair: byList },
  ),
  elsewhere(
    "it owns things in another database",
    (role) =>
      `create table ${role}_table (id int);alter table ${role}_table owner to ${role};create sequence ${role}_sequence;alter sequence ${role}_sequence owner to ${role}`,
    { repair: byList },
  ),
  elsewhere(
    "it owns a subscription of another database",
    (role) =>
      `create subscription ${role}_sub connection 'host=nowhere' publication p with (connect = false);alter role ${role} superuser;alter subscription ${role}_sub owner to ${role};alter role ${role} nosuperuser`,
  ),
  elsewhere(
    "it granted a membership",
    (role) =>
      `create role ${role}_club;create role ${role}_guest;grant ${role}_club to ${role} with admin option;grant ${role}_club to ${role}_guest granted by ${role}`,
  ),
  {
    code: "role-gave-to-others",
    when: "it passed privileges on",
    arrange: roleLeaves(async (t, role) => {
      await t.sql(`create role ${t.app}_bob`);
      await t.sqlAs(`grant select, update (note) on page to ${role} with grant option`);
      await t.sql(
        `set role ${role}; grant select on page to ${t.app}_bob; grant update (note) on page to public`,
        t.app,
      );
    }),
  },
  {
    code: "role-gave-to-others",
    when: "a policy names it",
    arrange: roleLeaves((t, role) =>
      t.sqlAs(`create policy "my own" on page to ${role} using (true)`),
    ),
  },
  {
    code: "role-gave-to-others",
    when: "a role of others is a member of it",
    arrange: roleLeaves((t, role) =>
      t.sql(`create role ${t.app}_analyst;grant ${role} to ${t.app}_analyst`),
    ),
  },
  blocked("a template", (app) => `alter database ${app} is_template true`),
  blocked(
    "a subscription",
    () =>
      "create subscription theirs connection 'host=nowhere' publication p with (connect = false)",
    { lines: [1, 0] },
  ),
  blocked(
    "a replication slot",
    (app) => `select pg_create_logical_replication_slot('${app}_slot', 'pgoutput')`,
  ),
  blocked(
    "a prepared transaction",
    (app) => `begin; create table prepared (id int); prepare transaction '${app} one'`,
  ),
  blocked(
    "somebody else's objects",
    (app) =>
      `create role ${app}_guest; create schema theirs authorization ${app}_guest; create table theirs.log (id int); alter table theirs.log owner to ${app}_guest`,
    { repair: byList },
  ),
  blocked(
    "a prepared transaction, rolled back",
    (app) => `begin; create table prepared (id int); prepare transaction '${app} one'`,
    { lines: [1] },
  ),
];
