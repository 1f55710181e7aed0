import { toLanguageTag } from "../../components/config/schema/postgres/database.ts";
import type { AppEntry } from "../../components/config/schema/stack.ts";
import type { LiveDatabase } from "../../components/postgres/catalog/catalog.ts";

type DatabaseKeys = NonNullable<AppEntry["database"]>;

/** What an entry states of a database itself. Without what a new database has anyway. Pure. */
export function toDatabaseKeys(
  live: LiveDatabase,
  usual: LiveDatabase | undefined,
  { derived, names }: { readonly derived: string; readonly names: readonly string[] },
): DatabaseKeys {
  const { name, encoding, connectionLimit } = live;
  return {
    ...(names.length > 1 ? { names: [...names] } : name === derived ? {} : { name }),
    ...(encoding === "UTF8" ? {} : { encoding }),
    ...toLocale(live, usual),
    ...(connectionLimit < 0 ? {} : { connectionLimit }),
  };
}

/** The locale of a database as keys of an entry. Without what a new database has anyway. Pure. */
export function toLocale(
  { collate, ctype, localeProvider, icuLocale }: LiveDatabase,
  usual: LiveDatabase | undefined,
): DatabaseKeys {
  const isUsual =
    collate === usual?.collate &&
    ctype === usual?.ctype &&
    localeProvider === usual?.localeProvider &&
    icuLocale === usual?.icuLocale;
  // No entry states a locale of Postgres itself (builtin).
  if (isUsual || localeProvider === "builtin") return {};
  const tag = localeProvider === "icu" ? toLanguageTag(icuLocale ?? "") : undefined;
  const ofSystem = collate === ctype ? { locale: collate } : { collate, ctype };
  return { ...ofSystem, ...(tag === undefined ? {} : { icuLocale: tag }) };
}
