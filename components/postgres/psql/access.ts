import { escapeIdentifier } from "pg";
import type { ContentType, ObjectType } from "../../config/privileges.ts";
import { when } from "../../when.ts";
import {
  toWantedEverywhere,
  toWantedPrivileges,
  type WantedPrivileges,
} from "../diff/access/wanted.ts";
import { isClosedToPublic } from "../plan/access.ts";
import { type DatabasePlan, PUBLIC } from "../plan/plan.ts";
import { createContents } from "./contents.ts";
import { isOwn, withPlanned } from "./planned.ts";
import { block, isSuperuser, leaveToSuperuser, refusal, text, texts } from "./step.ts";

/**
 * The privileges in a psql script, inside the app's database. The server compares live with wanted
 * privileges and makes GRANT and REVOKE of the difference. The rules are those of `diff/access/decide.ts`: a
 * grantee that is not the app's is ignored, and an object of another owner is never changed.
 */
export function scriptAccess(plan: DatabasePlan): readonly string[] {
  const { owner, name } = plan.database;
  const isClosed = isClosedToPublic(plan);
  const wanted = toWantedPrivileges(plan, []);
  const onDatabase = plan.grants.filter(({ on }) => on.type === "database");
  const closing = isClosed ? [closePublicSchema(owner)] : [];
  const planned = withPlanned(plan, onDatabase, wanted);
  const targets = withTargets(planned, owner, [
    ...new Set([...onDatabase.map(({ on }) => on.type), ...wanted.map(({ type }) => type)]),
  ]);
  const isEmpty = onDatabase.length + wanted.length === 0;
  const giving = [
    ...(wanted.length === 0 ? [] : [defaultsQuery(plan, planned)]),
    ...(isEmpty ? [] : [grantsQuery(targets)]),
  ];
  const queries = [...closing, ...giving];
  const send = (query: string): string => `${query}\n\\gexec`;
  return [
    "BEGIN;",
    ...closing.map(send),
    ...createContents(plan),
    ...giving.map(send),
    "COMMIT;",
    // A GRANT without the right to grant gives only a warning, so the result is checked.
    ...when(
      queries.length > 0,
      refusal(
        `app ${plan.app}: database ${name} is not as planned, and the admin role may not change that`,
        queries.map((query) => `SELECT statement FROM (${query}) open (statement)`),
      ),
    ),
    ...(isClosed ? [warnOfOpenSchema(plan.app)] : []),
    ...(wanted.length === 0
      ? []
      : [warnOfLostSchema(plan.app), refuseForeignSchemas(plan, wanted)]),
    ...(isEmpty ? [] : [refuseOthersGrants(plan, targets)]),
  ];
}

/** Queries for the objects of each type: type, oid, schema, name, name in GRANT, owner and ACL. */
const objects: Readonly<Record<ObjectType, string>> = {
  database: `SELECT 'database', NULL::oid, NULL::text, NULL::text, format('DATABASE %I', datname), datdba,
    coalesce(datacl, acldefault('d', datdba)) FROM pg_database WHERE datname = current_database()`,
  schema: `SELECT 'schema', NULL, nspname::text, NULL, format('SCHEMA %I', nspname), nspowner,
    coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace`,
  table: `SELECT 'table', pg_class.oid, nspname::text, relname::text, format('TABLE %I.%I', nspname, relname), relowner,
    coalesce(relacl, acldefault('r', relowner)) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND ${isOwn("pg_class", "pg_class.oid")}`,
  sequence: `SELECT 'sequence', NULL, nspname::text, relname::text, format('SEQUENCE %I.%I', nspname, relname), relowner,
    coalesce(relacl, acldefault('s', relowner)) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind = 'S' AND ${isOwn("pg_class", "pg_class.oid")}`,
  function: `SELECT 'function', NULL, nspname::text, proname::text, format('ROUTINE %I.%I(%s)', nspname, proname, CASE prokind
      WHEN 'a' THEN oidvectortypes(proargtypes) ELSE pg_get_function_identity_arguments(p.oid) END), proowner,
    coalesce(proacl, acldefault('f', proowner)) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
    WHERE ${isOwn("pg_proc", "p.oid")}`,
};

/** The types as in pg_default_acl. */
const defaultTypes: Readonly<Record<ContentType | "schema", string>> = {
  schema: "n",
  table: "r",
  sequence: "S",
  function: "f",
};

/** The table `targets` as well: objects that the admin can grant privileges on, and what each grantee must have. */
function withTargets(planned: string, owner: string, types: readonly ObjectType[]): string {
  return `${planned}, objects (type, oid, schema, plain, name, owner, acl) AS (
  ${types.map((type) => objects[type]).join("\n  UNION ALL\n  ")}
), targets AS (
  SELECT o.type, o.oid, o.name, o.owner, o.acl, p.grantee, CASE WHEN p.named ? o.plain
    THEN ARRAY(SELECT jsonb_array_elements_text(p.named -> o.plain)) ELSE p.privileges END AS privileges
  FROM planned p JOIN objects o ON o.type = p.type AND o.schema IS NOT DISTINCT FROM p.schema
    AND (${mayGrant("CASE o.type WHEN 'schema' THEN o.schema END", "o.owner", owner)})
)`;
}

/** Live privileges of a grantee on an object, and those on single columns that are not planned. */
const given = `SELECT a.grantor, a.privilege_type, '' AS place FROM aclexplode(o.acl) a
    WHERE a.grantee = ${oidOf("o.grantee")}
    UNION
    SELECT a.grantor, a.privilege_type, format(' (%I)', attname) FROM pg_attribute t, aclexplode(t.attacl) a
    WHERE o.type = 'table' AND t.attrelid = o.oid AND NOT t.attisdropped AND a.grantee = ${oidOf("o.grantee")}
      AND privilege_type <> ALL (o.privileges)`;

function grantsQuery(targets: string): string {
  return `${targets}, found AS (
  SELECT name, grantee, privileges, ARRAY(
    SELECT DISTINCT privilege_type FROM (${given}) a WHERE a.grantor = o.owner
  ) AS granted
  FROM targets o
)
${difference("'REVOKE %s ON %s FROM %s'", "'GRANT %s ON %s TO %s'")}`;
}

/** The same rule as in `diff/access/grantors.ts`. */
function refuseOthersGrants({ app }: DatabasePlan, targets: string): string {
  return leaveToSuperuser(app, [
    `(${targets}
    SELECT format('in database %s: SET ROLE %I; REVOKE %s ON %s FROM %s; RESET ROLE;', current_database(),
      pg_get_userbyid(grantor), string_agg(privilege_type || place, ', ' ORDER BY privilege_type, place), name, ${named})
    FROM targets o, LATERAL (${given}) a
    WHERE a.grantor <> o.owner AND privilege_type <> ALL (o.privileges)
    GROUP BY grantor, name, grantee)`,
  ]);
}

/** The same rules as in `diff/access/decide.ts`: in a schema, what is not given in every schema. */
function defaultsQuery(plan: DatabasePlan, planned: string): string {
  const { owner } = plan.database;
  const rows = toWantedEverywhere(plan, []).map(
    ({ type, grantee, privileges, allowed }) =>
      `(${text(type)}, ${text(grantee)}, ${texts(privileges)}, ${texts(allowed)})`,
  );
  const role = escapeIdentifier(owner).replaceAll("%", "%%");
  const forRole = `ALTER DEFAULT PRIVILEGES FOR ROLE ${role}`;
  const prefix = `${forRole} IN SCHEMA`;
  const letters = Object.entries(defaultTypes).map(([type, one]) => `WHEN '${type}' THEN '${one}'`);
  const granted = `SELECT privilege_type
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
    WHERE d.defaclrole = ${oidOf(text(owner))} AND d.defaclobjtype::text = CASE p.type ${letters.join(" ")} END
      AND a.grantee = ${oidOf("p.grantee")}`;
  return `${planned}, anywhere (type, grantee, privileges, allowed) AS (
  VALUES ${rows.join(",\n    ")}
), found AS (
  SELECT upper(p.type) || 'S' AS objects, schema AS name, p.grantee, p.later AS privileges,
    e.privileges || l.granted AS covered, l.granted
  FROM planned p JOIN anywhere e ON e.type = p.type AND e.grantee = p.grantee,
    LATERAL (SELECT ARRAY(${granted} AND n.nspname = p.schema) AS granted) l
  WHERE p.type <> 'schema' AND EXISTS (SELECT FROM pg_namespace WHERE nspname = p.schema)
), everywhere AS (
  SELECT upper(type) || 'S' AS objects, grantee, privileges, allowed, ARRAY(${granted} AND d.defaclnamespace = 0) AS granted
  FROM anywhere p
)
SELECT format(${text(`${forRole} REVOKE %s ON %s FROM %I`)}, ${listed("granted", "allowed")}, objects, grantee)
FROM everywhere WHERE NOT granted <@ allowed
UNION ALL
SELECT format(${text(`${forRole} GRANT %s ON %s TO %I`)}, ${listed("privileges", "granted")}, objects, grantee)
FROM everywhere WHERE NOT privileges <@ granted
UNION ALL
${difference(text(`${prefix} %2$I REVOKE %1$s ON %4$s FROM %3$s`), text(`${prefix} %2$I GRANT %1$s ON %4$s TO %3$s`), { more: "objects", covered: "covered" })}`;
}

function listed(kept: string, gone: string): string {
  return `array_to_string(ARRAY(SELECT unnest(${kept}) EXCEPT SELECT unnest(${gone}) ORDER BY 1), ', ')`;
}

/** A grantee as GRANT names it. */
const named = `CASE grantee WHEN ${text(PUBLIC)} THEN 'PUBLIC' ELSE quote_ident(grantee) END`;

/** Statements from the table `found`: to revoke the excess, and to grant what is missing in the column `covered`. */
function difference(
  revoke: string,
  grant: string,
  { more, covered = "granted" }: { readonly more?: string; readonly covered?: string } = {},
): string {
  const extra = more === undefined ? "" : `, ${more}`;
  return `SELECT format(${revoke}, ${listed("granted", "privileges")}, name, ${named}${extra})
FROM found WHERE NOT granted <@ privileges
UNION ALL
SELECT format(${grant}, ${listed("privileges", covered)}, name, ${named}${extra})
FROM found WHERE NOT privileges <@ ${covered}`;
}

/** On Postgres 14, and in a database restored from it, every role may create tables in schema public. */
const publicSchemaIsOpen = `FROM pg_namespace, aclexplode(nspacl) a
WHERE nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE'`;

function closePublicSchema(owner: string): string {
  const condition = `${publicSchemaIsOpen} AND (${mayGrant("nspname", "nspowner", owner)})`;
  return `SELECT format('GRANT CREATE, USAGE ON SCHEMA public TO %I', ${text(owner)})
${condition} AND a.grantor = nspowner AND pg_get_userbyid(nspowner) NOT IN (${text(owner)}, 'pg_database_owner')
UNION ALL
SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'
${condition} AND a.grantor = nspowner`;
}

function warnOfOpenSchema(app: string): string {
  const warning = `app ${app}: every role that may enter the database may make tables in schema public, and only a superuser can end that`;
  return warnIf(`EXISTS (SELECT ${publicSchemaIsOpen})`, warning);
}

function warnOfLostSchema(app: string): string {
  const warning = `app ${app}: the database has no schema public, so the app's roles get nothing in it`;
  return warnIf("to_regnamespace('public') IS NULL", warning);
}

function warnIf(condition: string, warning: string): string {
  return block(`BEGIN
  IF ${condition} THEN RAISE WARNING '%', ${text(warning)}; END IF;
END`);
}

/** Missing privileges on schemas of other owners. A privilege of PUBLIC counts. */
function refuseForeignSchemas(
  { app, database }: DatabasePlan,
  wanted: readonly WantedPrivileges[],
): string {
  const rows = wanted
    .filter(({ type }) => type === "schema")
    .map((one) => `(${text(one.schema)}, ${text(one.grantee)}, ${texts(one.privileges)})`);
  const granted = `ARRAY(SELECT privilege_type FROM aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a
        WHERE a.grantee IN (0, ${oidOf("p.grantee")}))`;
  return leaveToSuperuser(app, [
    `SELECT format('in database %s: GRANT %s ON SCHEMA %I TO %I;', current_database(), ${listed("privileges", granted)}, nspname, p.grantee)
      FROM (VALUES ${rows.join(",\n      ")}) p (schema, grantee, privileges) JOIN pg_namespace ON nspname = p.schema
      WHERE NOT (${mayGrant("nspname", "nspowner", database.owner)}) AND NOT privileges <@ ${granted}`,
  ]);
}

/** Before Postgres 15 schema public belongs to the superuser. */
function mayGrant(schema: string, owner: string, appOwner: string): string {
  return `pg_get_userbyid(${owner}) IN (${text(appOwner)}, 'pg_database_owner')
    OR ${schema} = 'public' AND ${isSuperuser}`;
}

function oidOf(role: string): string {
  return `CASE ${role} WHEN ${text(PUBLIC)} THEN 0 ELSE (SELECT r.oid FROM pg_roles r WHERE r.rolname = ${role}) END`;
}
