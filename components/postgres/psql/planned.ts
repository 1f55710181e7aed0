import type { ObjectType } from "../../config/privileges.ts";
import { toWantedPrivileges, type WantedPrivileges } from "../diff/access/wanted.ts";
import { withSchemas } from "../plan/access.ts";
import type { DatabasePlan, PlannedGrant } from "../plan/plan.ts";
import { text, texts } from "./step.ts";

/** Leaves out objects that an extension made. */
export function isOwn(catalog: "pg_class" | "pg_proc" | "pg_namespace", oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;
}

const columns = "(type, schema, grantee, privileges, named, later)";

function toRow(
  type: ObjectType,
  schema: string | null,
  one: Pick<WantedPrivileges, "grantee" | "privileges" | "named"> & { later?: readonly string[] },
): string {
  const { grantee, privileges, named, later = [] } = one;
  const byName = named && text(JSON.stringify(Object.fromEntries(named)));
  const place = schema === null ? "NULL::text" : `${text(schema)}::text`;
  return `(${text(type)}, ${place}, ${text(grantee)}, ${texts(privileges)}, ${byName ?? "NULL"}::jsonb, ${texts(later)})`;
}

/** The table `planned`, the start of each query: what each grantee must have in each schema. */
export function withPlanned(
  plan: DatabasePlan,
  onDatabase: readonly PlannedGrant[],
  wanted: readonly WantedPrivileges[],
): string {
  const rows = [
    ...onDatabase.map((grant) => toRow("database", null, grant)),
    ...wanted.map((one) => toRow(one.type, one.schema, one)),
  ];
  const more = plan.patterns === undefined || wanted.length === 0 ? "" : fromPatterns(plan);
  return `WITH planned ${columns} AS (\n  VALUES ${rows.join(",\n    ")}${more}\n)`;
}

/** No schema has this name. */
const anyOther = "";

/** Rows for the owner's schemas that the patterns stand for. The same as in `diff/access/decide.ts`. */
function fromPatterns(plan: DatabasePlan): string {
  const { patterns = [], schemas, roles, database } = plan;
  const places = roles.flatMap(({ scoped = [], except = [] }) => [...scoped, ...except]);
  const names = places.flatMap(({ schema }) => schema ?? []);
  const apart = [...new Set(names)].filter((name) => !schemas.includes(name));
  const rows = toWantedPrivileges(withSchemas(plan, [...apart, anyOther]), [])
    .filter(({ schema }) => !schemas.includes(schema))
    .map((one) => toRow(one.type, one.schema === anyOther ? null : one.schema, one));
  return `
  UNION ALL
  SELECT p.type, nspname::text, grantee, privileges, named, later
  FROM (VALUES ${rows.join(",\n    ")}) p ${columns}
  JOIN pg_namespace n ON p.schema = nspname OR p.schema IS NULL AND nspname <> ALL (${texts(apart)})
  WHERE pg_get_userbyid(nspowner) = ${text(database.owner)} AND nspname LIKE ANY (${texts(patterns.map(toLike))})
    AND nspname <> ALL (${texts(schemas)}) AND nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND ${isOwn("pg_namespace", "n.oid")}`;
}

function toLike(pattern: string): string {
  return pattern.replaceAll("_", "\\_").replaceAll("*", "%");
}
