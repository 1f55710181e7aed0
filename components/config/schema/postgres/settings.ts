import { z } from "zod";
import { byKey } from "../../../sort.ts";
import { refuse } from "../primitives.ts";

/**
 * Names that no entry may set. Some would shut sessions out or change what Berth's own statements mean, others have
 * a key of their own, and Postgres quotes lists in its own way.
 */
const refused: Readonly<Record<string, string>> = {
  search_path: "has a key of its own: searchPath of a role",
  role: "would make sessions act as another role",
  session_authorization: "would make sessions act as another role",
  session_preload_libraries: "is a list of libraries; set it on the server",
  local_preload_libraries: "is a list of libraries; set it on the server",
  temp_tablespaces: "is a list of tablespaces; set it on the server",
  ...Object.fromEntries(
    [
      "array_nulls",
      "backslash_quote",
      "client_encoding",
      "quote_all_identifiers",
      "standard_conforming_strings",
      "transform_null_equals",
    ].map((name) => [name, "would change the meaning of statements, also of Berth's own"]),
  ),
};

/** As `ALTER ROLE … SET` accepts it. Postgres ignores capitals in such names. */
const SettingName = z.string().check(
  refuse((name: string) => {
    if (Object.hasOwn(refused, name)) return refused[name];
    return /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(name)
      ? undefined
      : "is not the name of a setting; allowed are a-z, 0-9, _ and one dot";
  }),
);

const SettingValue = z
  .union([
    z.boolean().transform((value) => (value ? "on" : "off")),
    z.number().transform(String),
    z.string().regex(/^[^\0\n]*$/, { error: "has a line break" }),
  ])
  .meta({ type: ["string", "number", "boolean"], description: "Value, as in postgresql.conf." });

export const Settings = z
  .record(SettingName, SettingValue)
  .describe(
    "Settings by name, such as `{ statement_timeout: 30s }`. Berth sets them, and resets one that you remove. It leaves all others as they are.",
  );

/** The same with values as text. */
export const KnownSettings = z.record(SettingName, z.string());

/** The same as a value. */
export type SettingsByName = Readonly<z.infer<typeof KnownSettings>>;

/** Sorted by name, so that their order never is a change. */
export function sortSettings(given: SettingsByName = {}): SettingsByName {
  return Object.fromEntries(Object.entries(given).toSorted(byKey));
}
