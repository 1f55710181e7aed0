import { readFileSync } from "node:fs";
import type { ExtensionSpec } from "../../config/spec.ts";
import { when } from "../../when.ts";
import { type DatabasePlan, PUBLIC_SCHEMA } from "../plan/plan.ts";
import { asRole } from "../statements/sql.ts";
import {
  createPublications,
  queryPublicationProblems,
  queryPublicationsForSuperuser,
} from "./publications.ts";
import { queryAttributesForSuperuser } from "./roles.ts";
import { isSuperuser, leaveToSuperuser, statementOf, step, text, texts } from "./step.ts";

/**
 * The schemas and extensions in a psql script, inside the app's database. The rules are those of
 * `diff/contents.ts`.
 */

const sql = readFileSync(new URL("../catalog/sql/extensions.sql", import.meta.url), "utf8");

/** Queries for all problems with what is wanted. If the database is new, the session is in another one. */
export function queryContentProblems(plan: DatabasePlan, isNew: boolean): readonly string[] {
  const { schemas, database, extensions } = plan;
  const further = schemas.filter((name) => name !== PUBLIC_SCHEMA);
  const foreignSchemas = `SELECT format('schema "%s" in database "%s" exists and belongs to role "%s"', nspname,
      current_database(), pg_get_userbyid(nspowner))
      FROM pg_namespace WHERE nspname = ANY (${texts(further)}) AND pg_get_userbyid(nspowner) <> ${text(database.owner)}`;
  return [
    ...(isNew || further.length === 0 ? [] : [foreignSchemas]),
    ...(isNew ? [] : queryPublicationProblems(plan)),
    ...(extensions.length === 0 ? [] : [queryExtensionProblems(plan, isNew)]),
  ];
}

/** Creates missing schemas, and the extensions that the admin role may create. */
export function createContents(plan: DatabasePlan): readonly string[] {
  const { schemas, database, extensions } = plan;
  const { name, owner } = database;
  const make = (schema: string) =>
    statementOf({ kind: "create-schema", database: name, schema, owner });
  return [
    ...schemas
      .filter((schema) => schema !== PUBLIC_SCHEMA)
      .map((schema) =>
        step(make(schema), `NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = ${text(schema)})`),
      ),
    ...when(
      extensions.length > 0,
      `SELECT ${due}\nFROM ${toRows(plan, false)}\nWHERE ${due} IS NOT NULL AND ${isAllowed}\nORDER BY place, depth DESC\n\\gexec`,
    ),
    ...createPublications(plan),
    // What was just created has functions, too.
    ...when(
      extensions.some(({ functions }) => functions === "owner"),
      `SELECT hand_over\nFROM ${toRows(plan, false)}\nWHERE ${isToHandOver} AND ${isSuperuser}\nORDER BY place\n\\gexec`,
    ),
  ];
}

/** Fails with the statements that only a superuser may run. It must be the last step of the script. */
export function refuseBlocked(plan: DatabasePlan): readonly string[] {
  const queries = [
    ...queryAttributesForSuperuser(plan),
    ...queryPublicationsForSuperuser(plan),
    ...(plan.extensions.length === 0
      ? []
      : [
          `SELECT format('in database %s: %s;', current_database(), ${due}) FROM ${toRows(plan, false)}
      WHERE ${due} IS NOT NULL AND NOT (${isAllowed})`,
          `SELECT format('in database %s: %s;', current_database(), hand_over) FROM ${toRows(plan, false)}
      WHERE ${isToHandOver} AND NOT ${isSuperuser}`,
        ]),
  ];
  return [leaveToSuperuser(plan.app, queries)];
}

/** The statement that creates or updates an extension; null = nothing to do. */
const due = `CASE WHEN installed_version IS NULL THEN create_it
    WHEN version NOT IN ('', installed_version) THEN update_it END`;

const isAllowed = `(NOT (needs_superuser OR belongs_to_other) OR ${isSuperuser})`;

const isToHandOver = "hand_over IS NOT NULL AND keeps_functions";

function queryExtensionProblems(plan: DatabasePlan, isNew: boolean): string {
  return `SELECT format('extension "%s" %s', name, CASE
        WHEN installed_schema <> schema THEN
          format('is in schema "%s" and not in "%s", and is not moved', installed_schema, schema)
        WHEN NOT is_available THEN 'is not on the server; install the package that has it where Postgres runs'
        WHEN NOT has_version THEN
          format('is not there in version %s; look at pg_available_extension_versions', coalesce(nullif(version, ''), '(default)'))
        ELSE format('can only be in schema "%s"', fixed_schema) END)
      FROM ${toRows(plan, isNew)}
      WHERE CASE WHEN installed_version IS NULL
        THEN NOT is_available OR NOT has_version OR fixed_schema <> schema
        ELSE installed_schema <> schema OR version NOT IN ('', installed_version) AND NOT has_version END`;
}

/** A row for each extension and each that it needs: what the server has of it, what the database has, and statements. */
function toRows(plan: DatabasePlan, isNew: boolean): string {
  const { extensions, database } = plan;
  const rows = extensions.map((extension) => {
    const { name, version = "" } = extension;
    const { create, update, handOver } = toStatements(plan, extension);
    return `(${text(name)}, ${text(version)}, ${create}, ${update}, ${handOver})`;
  });
  const parameters = [
    texts(extensions.map(({ name }) => name)),
    texts(extensions.map(({ version }) => version ?? "")),
    texts(extensions.map(({ schema }) => schema)),
    String(isNew),
    text(database.owner),
  ];
  const found = sql
    .replaceAll(/^--.*\n/gm, "")
    .replaceAll(/\$(\d)/g, (_, place: string) => parameters[Number(place) - 1] ?? "");
  const create = "coalesce(w.create_it, format('CREATE EXTENSION %I SCHEMA %I', name, schema))";
  const byOwner = text(asRole(database.owner.replaceAll("%", "%%"), ["%s"]));
  return `(SELECT e.*, coalesce(w.version, '') AS version, w.update_it, w.hand_over,
      CASE WHEN is_trusted THEN format(${byOwner}, ${create}) ELSE ${create} END AS create_it
    FROM (${found}) e
    LEFT JOIN (VALUES ${rows.join(",\n      ")}
    ) w (name, version, create_it, update_it, hand_over) USING (name)) listed`;
}

function toStatements(plan: DatabasePlan, extension: ExtensionSpec) {
  const { name: database, owner } = plan.database;
  const { name, version, functions } = extension;
  const none = "NULL::text";
  return {
    create: statementOf({ kind: "create-extension", database, extension, as: undefined }),
    update:
      version === undefined
        ? none
        : statementOf({ kind: "update-extension", database, name, from: "", version }),
    handOver:
      functions === undefined
        ? none
        : statementOf({ kind: "hand-over-functions", database, extension: name, owner }),
  };
}
