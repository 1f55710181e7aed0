import { describe, expect, test } from "vitest";
import { toLocale } from "../../../cli/adopt/database-keys.ts";
import type { LiveDatabase } from "../../../components/postgres/catalog/catalog.ts";
import { planDatabase } from "../../../components/postgres/plan/plan.ts";
import { findCreationProblems, needsLibc } from "../../../components/postgres/rules/creation.ts";
import { toStatement } from "../../../components/postgres/statements/sql.ts";
import { liveDatabase, makeCatalog } from "../../fakes/catalog.ts";
import { findProblems, makeApp, writeStack } from "../../fakes/stack.ts";

/** What a database gets when it is created and no statement changes: locale and template. */

const plan = (database: object) =>
  planDatabase(makeApp({ database }, "wiki"), { ownershipRole: "b" } as never);
const libc = { collate: "C", ctype: "C", localeProvider: "libc", icuLocale: null } as const;
const icu = { ...libc, localeProvider: "icu", icuLocale: "de-DE" } as const;
const builtin = { ...libc, localeProvider: "builtin" } as const;
const problemsOf = (database: object, ...live: readonly LiveDatabase[]) =>
  findCreationProblems(plan(database), makeCatalog([], live), []).map(({ what, fix }) => [
    what,
    fix,
  ]);
const wiki = (more: Partial<LiveDatabase>) => liveDatabase("wiki", "wiki", more);

describe("a database that exists", () => {
  test.each([
    ["nothing stated", {}, icu],
    ["the locale that it has", { locale: "C" }, libc],
    ["the locale of ICU that it has", { icuLocale: "de-DE" }, icu],
    ["the same in ICU's own words", { icuLocale: "de-DE" }, { ...icu, icuLocale: "de_DE" }],
    ["a template, which nobody can see later", { template: "gone" }, libc],
  ])("is right with %s", (_, database, live) => {
    expect(problemsOf(database, wiki(live))).toEqual([]);
  });

  test.each([
    [{ collate: "de_DE.utf8" }, libc, "collate C", "set berth:apps.wiki.database.collate to C"],
    [{ ctype: "de_DE.utf8" }, libc, "ctype C", "set berth:apps.wiki.database.ctype to C"],
    [
      { icuLocale: "de-DE" },
      libc,
      "no locale of ICU",
      "take icuLocale out of berth:apps.wiki.database",
    ],
    [{ locale: "C" }, icu, "ICU's locale de-DE", "set berth:apps.wiki.database.icuLocale to de-DE"],
    [
      { icuLocale: "en-US" },
      icu,
      "ICU's locale de-DE",
      "set berth:apps.wiki.database.icuLocale to de-DE",
    ],
    [
      { icuLocale: "de-DE" },
      builtin,
      "a locale of Postgres itself (builtin)",
      "take icuLocale out of berth:apps.wiki.database",
    ],
  ])("is refused where the entry says %j", (database, live, has, fix) => {
    expect(problemsOf(database, wiki(live))).toEqual([
      [`database "wiki" has ${has}, which cannot change`, fix],
    ]);
  });
});

describe("a copy of a template", () => {
  const base = (more: Partial<LiveDatabase>) =>
    liveDatabase("base", "someone", { isTemplate: true, ...more });

  test("has its encoding and its locale", () => {
    expect(problemsOf({ template: "base", locale: "C" }, base(libc))).toEqual([]);
    expect(problemsOf({ template: "base", icuLocale: "de-DE" }, base(icu))).toEqual([]);
    expect(problemsOf({ template: "base", locale: "de_DE.utf8" }, base(libc))).toHaveLength(2);
    expect(problemsOf({ template: "base", locale: "C" }, base(builtin))).toHaveLength(1);
    expect(problemsOf({ template: "base" }, base({ ...icu, encoding: "LATIN1" }))).toEqual([
      [
        'database "base" has encoding LATIN1, and a copy cannot have UTF8',
        "set berth:apps.wiki.database.encoding to LATIN1",
      ],
    ]);
  });

  test("is of template0 whatever is wanted", () => {
    const template0 = liveDatabase("template0", "postgres", { isTemplate: true, ...icu });
    expect(problemsOf({ template: "template0", locale: "de_DE.utf8" }, template0)).toEqual([]);
  });
});

test("the statement names the provider only where the template has another", () => {
  const { database } = plan({ locale: "C" });
  const template = (more: object) => makeCatalog([], [liveDatabase("template0", "postgres", more)]);
  expect(needsLibc(database, template(libc))).toBe(false);
  expect(needsLibc(database, template(icu))).toBe(true);
  expect(needsLibc(database, template(builtin))).toBe(true);
  expect(needsLibc(plan({}).database, template(icu))).toBe(false);
  expect(needsLibc(plan({ icuLocale: "de-DE" }).database, template(builtin))).toBe(false);
  const action = { kind: "create-database", path: "", database, withLibc: true } as const;
  expect(toStatement(action, () => "")).toBe(
    `CREATE DATABASE "wiki" OWNER "wiki" TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'`,
  );
});

test.each([
  ["a locale with a quote", { locale: "C'" }, "is not a locale"],
  ["POSIX, which Postgres writes as C", { collate: "POSIX" }, "is called C in Postgres; write C"],
  ["no language tag", { icuLocale: "de_DE" }, "is not a language tag; write it as de-DE"],
  [
    "words",
    { icuLocale: "any thing" },
    "is not a language tag; write it as de-DE or und-u-ks-level2",
  ],
  ["root, which Postgres writes as und", { icuLocale: "root" }, "write it as und"],
])("the stack file refuses %s", (_, database, reason) => {
  expect(findProblems(writeStack({ wiki: { database } }))).toEqual([
    expect.stringContaining(reason),
  ]);
});

test("collate and ctype are parts of locale", () => {
  expect(plan({ locale: "C", ctype: "C.UTF-8" }).database).toMatchObject({
    collate: "C",
    ctype: "C.UTF-8",
  });
});

test("provisioner postgresql refuses a locale of ICU", () => {
  const entry = { provisioner: "postgresql", database: { icuLocale: "de-DE" } };
  expect(findProblems(writeStack({ wiki: entry }))).toEqual([
    "berth:apps.wiki.database.icuLocale: provisioner postgresql cannot set it; set provisioner to berth",
  ]);
});

test("adopt states a locale that a new database would not have", () => {
  const usual = liveDatabase("template0", "postgres", libc);
  expect(toLocale(wiki(libc), usual)).toEqual({});
  expect(toLocale(wiki(builtin), usual)).toEqual({});
  expect(toLocale(wiki(icu), usual)).toEqual({ locale: "C", icuLocale: "de-DE" });
  expect(toLocale(wiki({ ...libc, ctype: "C.UTF-8" }), usual)).toEqual({
    collate: "C",
    ctype: "C.UTF-8",
  });
});
