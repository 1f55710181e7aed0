import type { PublicationSpec } from "../../config/spec.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { isSuperuser, statementOf, step, text } from "./step.ts";

/** The publications in a psql script, inside the app's database, by the rules of `diff/publications.ts`. */

/** Queries for publications that are of the other kind. */
export function queryPublicationProblems({ publications = [] }: DatabasePlan): readonly string[] {
  return publications.map(
    ({ name, tables }) =>
      `SELECT format('publication "%s" in database "%s" is for %s, which cannot change', pubname, current_database(),
      CASE WHEN puballtables THEN 'all tables' ELSE 'single tables' END)
      FROM pg_publication WHERE pubname = ${text(name)} AND puballtables <> ${String(tables === "all")}`,
  );
}

export function createPublications({ publications = [], database }: DatabasePlan): string[] {
  return publications.flatMap((wanted) => {
    if (wanted.tables === "all") {
      return [
        step(createForAll(database.name, wanted.name), `${isMissing(wanted)} AND ${isSuperuser}`),
      ];
    }
    const name = text(wanted.name);
    const owner = text(database.owner);
    const list = "string_agg(format('%I.%I', schema, name), ', ' ORDER BY place)";
    const tables = toTables(wanted.tables, database.owner);
    return [
      `SELECT format('CREATE PUBLICATION %I%s; ALTER PUBLICATION %I OWNER TO %I', ${name},
  (SELECT ' FOR TABLE ' || ${list} FROM ${tables}), ${name}, ${owner})
WHERE ${isMissing(wanted)}\n\\gexec`,
      `SELECT format('ALTER PUBLICATION %I ADD TABLE %s', ${name}, ${list})
FROM ${tables} WHERE NOT ${isMissing(wanted)} AND NOT EXISTS (SELECT FROM pg_publication_rel r
  JOIN pg_publication p ON p.oid = r.prpubid WHERE p.pubname = ${name} AND r.prrelid = t.oid)
HAVING count(*) > 0\n\\gexec`,
    ];
  });
}

/** Queries for publications that only a superuser can make. */
export function queryPublicationsForSuperuser({
  publications = [],
  database,
}: DatabasePlan): readonly string[] {
  return publications
    .filter(({ tables }) => tables === "all")
    .map(
      (wanted) =>
        `SELECT format('in database %s: %s;', current_database(), ${createForAll(database.name, wanted.name)}::text)
      WHERE ${isMissing(wanted)} AND NOT ${isSuperuser}`,
    );
}

function isMissing({ name }: PublicationSpec): string {
  return `NOT EXISTS (SELECT FROM pg_publication WHERE pubname = ${text(name)})`;
}

function createForAll(database: string, name: string): string {
  const kind = "create-publication";
  return statementOf({ kind, database, name, tables: "all", owner: undefined });
}

/** Those of the tables that are there and belong to the owner. */
function toTables(tables: Exclude<PublicationSpec["tables"], "all">, owner: string): string {
  const rows = tables.map(
    ({ schema, name }, place) => `(${text(schema)}, ${text(name)}, ${String(place)})`,
  );
  return `(SELECT w.*, c.oid FROM (VALUES ${rows.join(", ")}) w (schema, name, place)
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
    WHERE pg_get_userbyid(c.relowner) = ${text(owner)}) t`;
}
