import { escapeIdentifier } from "pg";
import { toLanguageTag } from "../../config/schema/postgres/database.ts";
import { joinFixes } from "../../errors.ts";
import { when } from "../../when.ts";
import type { Catalog, LiveDatabase, ServerFacts } from "../catalog/catalog.ts";
import type { DatabasePlan, PlannedDatabase } from "../plan/plan.ts";
import { type RefusedSetting, toTriedLocales } from "../statements/try-settings.ts";
import type { AppProblem } from "./problem.ts";
import { formatVersion } from "./server.ts";

/** What only CREATE DATABASE can set: the locale and the template of a database. Pure. */

/** Encodings of servers that ICU does not know. */
const notOfIcu: ReadonlySet<string> = new Set(["SQL_ASCII", "EUC_JIS_2004", "MULE_INTERNAL"]);

/** Why the server does not have, or cannot make, the database as the entry says. */
export function findCreationProblems(
  plan: DatabasePlan,
  { databases, server }: Pick<Catalog, "databases" | "server">,
  refused: readonly RefusedSetting[],
): AppProblem[] {
  const live = databases.get(plan.database.name);
  if (live !== undefined) return findLocaleDifferences(plan, live);
  const template = databases.get(plan.database.template ?? "template0");
  return [
    ...findSystemLocales(plan, refused),
    ...findIcu(plan, server),
    ...(plan.database.template === undefined ? [] : findTemplateProblems(plan, template)),
  ];
}

/** Whether the statement has to name libc, because a copy has the provider of its template otherwise. */
export function needsLibc(
  { template = "template0", collate, ctype, icuLocale }: PlannedDatabase,
  { databases }: Pick<Catalog, "databases">,
): boolean {
  const { localeProvider = "libc" } = databases.get(template) ?? {};
  const isOfSystem = icuLocale === undefined && (collate ?? ctype) !== undefined;
  return isOfSystem && localeProvider !== "libc";
}

export function findLocaleDifferences(
  { app, database }: Pick<DatabasePlan, "app" | "database">,
  live: LiveDatabase,
): AppProblem[] {
  return compareLocales(database, live).map(({ key, has, set }) => ({
    code: "locale-differs",
    app,
    at: `database.${key}`,
    what: `database "${live.name}" has ${has}, which cannot change`,
    fix: set(`berth:apps.${app}.database`),
  }));
}

/** How a database's locale differs, and the edit of the entry that ends it. */
function compareLocales(
  { collate, ctype, icuLocale }: PlannedDatabase,
  live: LiveDatabase,
): readonly {
  readonly key: string;
  readonly has: string;
  readonly set: (path: string) => string;
}[] {
  const { localeProvider = "libc" } = live;
  const isOther = (wanted: string | undefined, found: string | undefined): boolean =>
    wanted !== undefined && wanted !== found;
  const ofSystem = (["collate", "ctype"] as const)
    .filter((key) => isOther({ collate, ctype }[key], live[key]))
    .map((key) => ({
      key,
      has: `${key} ${live[key] ?? ""}`,
      set: (path: string) => `set ${path}.${key} to ${live[key] ?? ""}`,
    }));
  if (localeProvider === "icu" && (icuLocale ?? collate ?? ctype) !== undefined) {
    const tag = toLanguageTag(live.icuLocale ?? "") ?? "und";
    const set = (path: string): string => `set ${path}.icuLocale to ${tag}`;
    return icuLocale === tag
      ? ofSystem
      : [...ofSystem, { key: "icuLocale", has: `ICU's locale ${tag}`, set }];
  }
  const isOfSystem = localeProvider === "libc";
  if (icuLocale !== undefined) {
    const has = isOfSystem ? "no locale of ICU" : "a locale of Postgres itself (builtin)";
    return [...ofSystem, { key: "icuLocale", has, set: (path) => `take icuLocale out of ${path}` }];
  }
  return ofSystem;
}

/** Locales of the operating system that the server cannot give a database. */
function findSystemLocales(
  { app, database }: DatabasePlan,
  refused: readonly RefusedSetting[],
): AppProblem[] {
  const { encoding, collate, ctype } = database;
  const isRefused = ([name, value]: readonly [string, string]): boolean =>
    refused.some((one) => one.name === name && one.value === value);
  const tried = Object.entries(toTriedLocales(database)).filter(isRefused);
  const missing = new Set(tried.map(([, locale]) => locale));
  const all = new Set([collate, ctype].filter((locale) => locale !== undefined));
  return [...all].flatMap((locale): AppProblem[] => {
    const about = refusedLocale(app, locale === collate ? "collate" : "ctype");
    if (missing.has(locale)) {
      const what = `the server does not have the locale ${locale}`;
      const list = "SELECT DISTINCT collcollate FROM pg_collation WHERE collprovider = 'c'";
      const fix = joinFixes(
        `write one that it has, such as C: ${list}`,
        "or install it where Postgres runs, and restart Postgres",
      );
      return [{ ...about, what, fix }];
    }
    if (fits(locale, encoding)) return [];
    const what = `the locale ${locale} does not fit the encoding ${encoding}`;
    const fix = `write a locale of ${encoding}, or C, which fits each; or another berth:apps.${app}.database.encoding`;
    return [{ ...about, what, fix }];
  });
}

function refusedLocale(app: string, key: string) {
  return { code: "locale-refused", app, at: `database.${key}` } as const;
}

function findIcu({ app, database }: DatabasePlan, { versionNumber }: ServerFacts): AppProblem[] {
  const { encoding, icuLocale } = database;
  if (icuLocale === undefined) return [];
  const about = refusedLocale(app, "icuLocale");
  const path = `berth:apps.${app}.database`;
  const remove = `take icuLocale out of ${path}`;
  if (versionNumber < 150_000) {
    const version = formatVersion(versionNumber);
    const what = `icuLocale needs Postgres 15, and this server is ${version}`;
    return [{ ...about, what, fix: remove }];
  }
  if (!notOfIcu.has(encoding)) return [];
  const what = `ICU does not know the encoding ${encoding}`;
  return [{ ...about, what, fix: `set ${path}.encoding to UTF8, or ${remove}` }];
}

/** By the part of its name that says so. The server knows more, and refuses the rest. */
function fits(locale: string, encoding: string): boolean {
  const charset = /\.([^@]+)/
    .exec(locale)?.[1]
    ?.toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "");
  return charset === undefined || (charset === "utf8") === (encoding === "UTF8");
}

function findTemplateProblems(
  { app, database }: DatabasePlan,
  live: LiveDatabase | undefined,
): AppProblem[] {
  const { template = "", encoding } = database;
  const path = `berth:apps.${app}.database`;
  const about = { code: "template-refused", app, at: "database.template" } as const;
  const what = `database "${template}"`;
  if (live === undefined) {
    const fix = `make it, or take template out of ${path}`;
    return [{ ...about, what: `there is no ${what} to copy`, fix }];
  }
  if (live.isTemplate !== true) {
    const mark = `if apps may have a copy of what it holds, as a superuser run: ALTER DATABASE ${escapeIdentifier(template)} IS_TEMPLATE true`;
    return [
      {
        ...about,
        what: `${what} is not marked as a template (IS_TEMPLATE), so Berth copies nothing from it`,
        fix: joinFixes(mark, `or take template out of ${path}`),
      },
    ];
  }
  // template0 holds no text, so a copy of it may have another encoding and locale.
  if (template === "template0") return [];
  const isOther = live.encoding !== encoding;
  return [
    ...when(isOther, {
      ...about,
      what: `${what} has encoding ${live.encoding}, and a copy cannot have ${encoding}`,
      fix: `set ${path}.encoding to ${live.encoding}`,
    }),
    ...compareLocales(database, live).map(({ has, set }) => ({
      ...about,
      what: `${what} has ${has}, and a copy cannot have another`,
      fix: set(path),
    })),
    ...when(
      needsLibc(database, { databases: new Map([[template, live]]) }) &&
        live.localeProvider === "builtin",
      {
        ...about,
        what: `${what} has a locale of Postgres itself (builtin), and a copy cannot have another`,
        fix: `take locale, collate and ctype out of ${path}`,
      },
    ),
  ];
}
