import type { LiveRole } from "./catalog.ts";

/** Settings as the catalog has them: `name=value`. */

/** Live settings by their names in small letters. */
export function toLiveSettings(live: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    live.map((text) => {
      const end = text.indexOf("=");
      return [text.slice(0, end).toLowerCase(), text.slice(end + 1)];
    }),
  );
}

/** A live value for a message. That of an app's own setting (`app.jwt_secret`) may be a secret. */
export function showValue(name: string, value: string): string {
  return name.includes(".") ? "(another value)" : value;
}

/** A role's setting from ALTER ROLE … SET; undefined = none. */
export function settingOf(live: LiveRole, name: string): string | undefined {
  return toLiveSettings(live.settings).get(name);
}

/** A role's search_path from ALTER ROLE … SET; empty = none, `[""]` = set to no schema. */
export function searchPathOf(live: LiveRole): string[] {
  const setting = settingOf(live, "search_path");
  if (setting === undefined) return [];
  const parts = [...setting.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g)];
  if (parts.length === 0) return [""];
  return parts.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}
