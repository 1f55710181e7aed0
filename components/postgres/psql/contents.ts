import { readFileSync } from "node:fs";
import type { ExtensionSpec } from "../../config/spec.ts";
import { type DatabasePlan, PUBLIC_SCHEMA } from "../plan/plan.ts";
import {
  createPublications,
  queryPublicationProblems,
  queryPublicationsForSuperuser,
} from "./publications.ts";
import { queryAttributesForSuperuser } from "./roles.ts";
import { refusal, statementOf, step, text, texts } from "./step.ts";

/**
 * The schemas and extensions in a psql script, inside the app's database. The rules are those of
 * `diff/contents.ts`: nothing is dropped, moved or given another owner.
 */

const sql = readFileSync(new URL("../catalog/sql/extensions.sql", import.meta.url), "utf8");

/**
 * Queries for all problems with the wanted schemas and extensions.
 *
 * @param isNew The app's database does not exist yet, and the session is in another one.
 */
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
    statementOf({ kind: "create-schema", path: "schemas", database: name, schema, owner });
  return [
    ...schemas
      .filter((schema) => schema !== PUBLIC_SCHEMA)
      .map((schema) =>
        step(make(schema), `NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = ${text(schema)})`),
      ),
    ...(extensions.length === 0
      ? []
      : [
          `SELECT ${due}\nFROM ${toRows(plan, false)}\nWHERE ${due} IS NOT NULL AND ${isAllowed}\nORDER BY place\n\\gexec`,
        ]),
    ...createPublications(plan),
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
        ]),
  ];
  return [
    refusal(`app ${plan.app}: everything else is done; a superuser must still do this`, queries),
  ];
}

/** The statement that creates or updates an extension; null = nothing to do. */
const due = `CASE WHEN installed_version IS NULL THEN create_it
    WHEN version NOT IN ('', installed_version) THEN update_it END`;

const isAllowed = `(NOT (needs_superuser OR belongs_to_other)
    OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))`;

function queryExtensionProblems(plan: DatabasePlan, isNew: boolean): string {
  return `SELECT format('extension "%s" %s', name, CASE
        WHEN installed_schema <> schema THEN
          format('is in schema "%s" and not in "%s", and is not moved', installed_schema, schema)
        WHEN NOT is_available THEN 'is not on the server; install the package that has it where Postgres runs'
        WHEN NOT has_version THEN
          format('is not there in version %s; look at pg_available_extension_versions', coalesce(nullif(version, ''), '(default)'))
        WHEN fixed_schema <> schema THEN format('can only be in schema "%s"', fixed_schema)
        ELSE format('needs %s; list that before it', array_to_string(missing, ', ')) END)
      FROM (SELECT *, ARRAY(SELECT unnest(requires) EXCEPT SELECT unnest(earlier)) AS missing
        FROM ${toRows(plan, isNew)}) e
      WHERE CASE WHEN installed_version IS NULL
        THEN NOT is_available OR NOT has_version OR fixed_schema <> schema OR missing <> '{}'
        ELSE installed_schema <> schema OR version NOT IN ('', installed_version) AND NOT has_version END`;
}

/** A row for each extension: the wanted one, what the server has of it, and what the database has. */
function toRows(plan: DatabasePlan, isNew: boolean): string {
  const { extensions } = plan;
  const rows = extensions.map((extension, place) => {
    const earlier = extensions.slice(0, place).map(({ name }) => name);
    const { name, schema, version = "" } = extension;
    const [create, update] = toStatements(plan, extension);
    return `(${String(place)}, ${text(name)}, ${text(schema)}, ${text(version)}, ${texts(earlier)}, ${create}, ${update})`;
  });
  const parameters = {
    $1: texts(extensions.map(({ name }) => name)),
    $2: texts(extensions.map(({ version }) => version ?? "")),
  };
  const found = sql
    .replaceAll(/^--.*\n/gm, "")
    .replaceAll(/\$[12]/g, (parameter) => parameters[parameter as keyof typeof parameters]);
  const installed = isNew
    ? "false AS belongs_to_other, NULL::text AS installed_version, NULL::text AS installed_schema"
    : "belongs_to_other, installed_version, installed_schema";
  return `(VALUES ${rows.join(",\n    ")}
  ) wanted (place, name, schema, version, earlier, create_it, update_it)
  JOIN (SELECT name, is_available, has_version, needs_superuser, fixed_schema, requires, ${installed}
    FROM (${found}) live) found USING (name)`;
}

function toStatements(
  { database }: DatabasePlan,
  extension: ExtensionSpec,
): readonly [create: string, update: string] {
  const at = { path: "extensions", database: database.name } as const;
  const { name, version } = extension;
  const create = statementOf({ kind: "create-extension", ...at, extension });
  if (version === undefined) return [create, "NULL::text"];
  return [create, statementOf({ kind: "update-extension", ...at, name, from: "", version })];
}
