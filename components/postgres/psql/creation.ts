import { when } from "../../when.ts";
import type { DatabasePlan, PlannedDatabase } from "../plan/plan.ts";
import { encodingsWith, listRoleNames } from "../rules/shared-names.ts";
import { statementOf, text, texts } from "./step.ts";

/** What only CREATE DATABASE can set, by the rules of `rules/creation.ts`. */

const provider = "coalesce(to_jsonb(t) ->> 'datlocprovider', 'c')";
const icuLocale = "coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')";

export function scriptCreation(database: PlannedDatabase): string {
  const action = { kind: "create-database", database } as const;
  const { template = "template0", collate, ctype } = database;
  if (database.icuLocale !== undefined || (collate ?? ctype) === undefined) {
    return statementOf(action);
  }
  return `CASE WHEN EXISTS (SELECT FROM pg_database t WHERE t.datname = ${text(template)} AND ${provider} <> 'c')
  THEN ${statementOf({ ...action, withLibc: true })} ELSE ${statementOf(action)} END`;
}

/** Queries for why the database cannot be, or is not, as the entry says. */
export function queryCreationProblems({ database }: DatabasePlan): readonly string[] {
  const { name, template, encoding } = database;
  const isNew = `NOT EXISTS (SELECT FROM pg_database WHERE datname = ${text(name)})`;
  const differences = compareLocales(database);
  return [
    ...differences.map(
      ([shown, differs]) =>
        `SELECT format('database "%s" has %s, which cannot change', d.datname, ${shown})
      FROM pg_database d WHERE d.datname = ${text(name)} AND ${differs}`,
    ),
    ...when(
      database.icuLocale !== undefined,
      `SELECT 'icuLocale needs Postgres 15' WHERE current_setting('server_version_num')::int < 150000`,
    ),
    ...(template === undefined
      ? []
      : [
          `SELECT format('there is no database "%s" that is marked as a template (IS_TEMPLATE)', ${text(template)})
      WHERE ${isNew} AND NOT EXISTS (SELECT FROM pg_database WHERE datname = ${text(template)} AND datistemplate)`,
          ...[
            ["'encoding ' || pg_encoding_to_char(d.encoding)", isOther("encoding", encoding)],
            ...differences,
          ].map(
            ([shown = "", differs = ""]) =>
              `SELECT format('template "%s" has %s, and a copy cannot have another', d.datname, ${shown})
      FROM pg_database d WHERE d.datname = ${text(template)} AND d.datistemplate AND d.datname <> 'template0' AND ${isNew} AND ${differs}`,
          ),
        ]),
  ];
}

/** Queries for roles whose names are other letters in the app's database, by the rule in `rules/shared-names.ts`. */
export function queryOtherNames(plan: DatabasePlan): readonly string[] {
  const { name, encoding } = plan.database;
  return listRoleNames(plan).flatMap((role) => {
    const encodings = encodingsWith(role, encoding);
    if (encodings === undefined) return [];
    return `SELECT format('role "%s" has another name in a session in database "%s": its encoding is %s, that of the maintenance database is %s', ${[role, name, encoding].map(text).join(", ")}, pg_encoding_to_char(d.encoding))
      FROM pg_database d WHERE d.datname = current_database() AND pg_encoding_to_char(d.encoding) <> ALL (${texts(encodings)})`;
  });
}

function isOther(key: "encoding" | "collate" | "ctype", wanted: string): string {
  const live = key === "encoding" ? "pg_encoding_to_char(d.encoding)" : `d.dat${key}`;
  return `${live} <> ${text(wanted)}`;
}

/** What a row `d` of pg_database has, and whether it is something else than the entry says. */
function compareLocales(database: PlannedDatabase): readonly (readonly [string, string])[] {
  const ofSystem = (["collate", "ctype"] as const).flatMap((key) => {
    const wanted = database[key];
    return wanted === undefined
      ? []
      : [[`'${key} ' || d.dat${key}`, isOther(key, wanted)] as const];
  });
  const isIcu = "to_jsonb(d) ->> 'datlocprovider' = 'i'";
  const { icuLocale: wanted } = database;
  if (wanted === undefined) {
    return ofSystem.length === 0
      ? []
      : [...ofSystem, [`'the locale ' || ${icuLocale} || ' of ICU'`, isIcu]];
  }
  return [
    ...ofSystem,
    [
      `coalesce('the locale ' || ${icuLocale} || ' of ICU', 'no locale of ICU')`,
      `NOT coalesce(${isIcu} AND replace(${icuLocale}, '_', '-') = ${text(wanted)}, false)`,
    ],
  ];
}
