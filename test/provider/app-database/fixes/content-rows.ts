import { parse } from "yaml";
import type { Repair, Row, Trial } from "./trial.ts";

/** Problems of what is in an app's database. */

const withEntry = (
  entry: Record<string, unknown>,
  before: (t: Trial) => Promise<unknown> = () => Promise.resolve(),
): Row["arrange"] =>
  async function arrange(t) {
    await t.up();
    await before(t);
    t.entry = entry;
    return t.refreshAndUp;
  };

const extensions = (...all: readonly unknown[]) => ({ database: { extensions: all } });

/** Puts the extension that the fix shows into the entry. */
const writeExtension: Repair = (fix, t) => {
  const wanted = parse(/write (\{.*?\})/.exec(fix)?.[1] ?? "") as { schema: string };
  const schemas = wanted.schema === "pg_catalog" ? [] : [wanted.schema];
  t.entry = { database: { schemas, extensions: [wanted] } };
};

const inOther = withEntry(extensions("citext"), async (t) => {
  await t.sql(`create schema other authorization ${t.app}`, t.app);
  await t.sql("create extension citext schema other", t.app);
});

export const contentRows: readonly Row[] = [
  {
    code: "schema-other-owner",
    when: "it leaves the entry",
    arrange: withEntry({ database: { schemas: ["billing"] } }, (t) =>
      t.sql("create schema billing", t.app),
    ),
    repair: (_, t) => void (t.entry = {}),
  },
  {
    code: "schema-closed",
    when: "a superuser opens it",
    arrange: withEntry({ roles: { ro: { profile: "readonly" } } }, (t) =>
      t.sql(
        "alter schema public owner to postgres; revoke all on schema public from public",
        t.app,
      ),
    ),
  },
  {
    code: "extension-elsewhere",
    when: "the entry says where it is",
    arrange: inOther,
    repair: writeExtension,
  },
  {
    code: "extension-elsewhere",
    when: "its owner moves it",
    arrange: inOther,
    repair: (fix, t) => t.follow(fix.slice(fix.indexOf("or as its owner"))),
  },
  {
    code: "extension-elsewhere",
    when: "it can only be in one schema",
    arrange: withEntry(extensions("plpgsql")),
    repair: writeExtension,
  },
  {
    code: "extension-unavailable",
    when: "the server has its version",
    arrange: withEntry(extensions({ name: "cube", version: "99" })),
    repair: async (fix, t) => {
      const rows = await t.sql(/look at: (SELECT .*)$/.exec(fix)?.[1] ?? "", t.app);
      const { version } = rows.at(-1) as { version: string };
      t.entry = extensions({ name: "cube", version });
    },
  },
  {
    code: "extension-unavailable",
    when: "the server has another one",
    arrange: withEntry(extensions("nonesuch")),
    repair: async (fix, t) => {
      const rows = await t.sql(/look at: (SELECT .*)$/.exec(fix)?.[1] ?? "", t.app);
      if (rows.some((row) => (row as { name: string }).name === "citext")) {
        t.entry = extensions("citext");
      }
    },
  },
  {
    code: "extension-needs-superuser",
    when: "a superuser creates it",
    arrange: withEntry(extensions("file_fdw")),
  },
  {
    code: "publication-needs-superuser",
    when: "a superuser makes it",
    arrange: withEntry({ database: { publications: { cdc: "all" } } }),
  },
  {
    code: "publication-needs-superuser",
    when: "it is of another role",
    arrange: withEntry({ database: { publications: { cdc: ["page"] } } }, async (t) => {
      await t.sqlAs("create table page (id int)");
      await t.sql("create publication cdc", t.app);
    }),
  },
  {
    code: "publication-differs",
    when: "it is dropped",
    lines: [0],
    arrange: withEntry({ database: { publications: { cdc: ["page"] } } }, (t) =>
      t.sql("create publication cdc for all tables", t.app),
    ),
    repair: (fix, t) => t.follow(fix.split("; or, when nobody reads from it, ")[1] ?? ""),
  },
  {
    code: "publication-differs",
    when: "the entry gets what it is",
    arrange: withEntry({ database: { publications: { cdc: ["page"] } } }, (t) =>
      t.sql("create publication cdc for all tables", t.app),
    ),
    repair: (fix, t) => t.follow(fix.split("; or")[0] ?? ""),
  },
  {
    code: "extension-needs-superuser",
    when: "a superuser creates it, and the owner what it needs",
    arrange: withEntry(extensions("earthdistance")),
  },
  {
    code: "extension-needs-superuser",
    when: "a superuser gives its functions to the owner",
    arrange: withEntry(extensions({ name: "unaccent", functions: "owner" })),
  },
  {
    code: "grant-of-other",
    when: "it is revoked in the grantor's name",
    arrange: withEntry({}, async (t) => {
      await t.sql(`create role ${t.app}_bob`);
      await t.sqlAs(
        `create table page (id int); grant select on page to ${t.app}_bob with grant option`,
      );
      await t.sql(`grant connect on database ${t.app} to ${t.app}_bob with grant option`);
      await t.sql(
        `set role ${t.app}_bob; grant select on page to public; grant connect on database ${t.app} to public`,
        t.app,
      );
    }),
  },
];
