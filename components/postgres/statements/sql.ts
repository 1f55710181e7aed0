import { escapeIdentifier, escapeLiteral } from "pg";
import type { PublicationSpec } from "../../config/spec.ts";
import { type PlannedDatabase, type PlannedRole, PUBLIC } from "../plan/plan.ts";
import { type Action, argumentsOf, type Securable } from "./actions.ts";

/** The verifier of a role, by the role's key. */
export type Verifiers = (key: string) => string;

/** For statements that people read. */
export const hiddenVerifiers: Verifiers = () => "‹verifier›";

/**
 * The SQL of an action: one statement, or two for a publication and its owner, valid for Postgres 14 and newer. It
 * gives the same catalog rows as @pulumi/postgresql, so an app may change from one to the other.
 */
export function toStatement(action: Action, verifiers: Verifiers): string {
  switch (action.kind) {
    case "create-ownership-role":
      return `CREATE ROLE ${id(action.role)} NOLOGIN ${noExpiry}`;
    case "comment-ownership-role":
      return `COMMENT ON ROLE ${id(action.role)} IS ${escapeLiteral(action.comment)}`;
    case "create-role":
      return createRole(action, verifiers);
    case "set-password":
      return `ALTER ROLE ${id(action.role)} PASSWORD ${escapeLiteral(verifiers(action.key))}`;
    case "clear-password":
      return `ALTER ROLE ${id(action.role)} PASSWORD NULL`;
    case "set-attributes":
      return `ALTER ROLE ${id(action.role)} ${action.attributes.join(" ")}`;
    case "limit-role":
      return `ALTER ROLE ${id(action.role)} CONNECTION LIMIT ${String(action.connectionLimit)}`;
    case "set-search-path":
      return `ALTER ROLE ${id(action.role)} SET search_path TO ${list(action.searchPath) || "DEFAULT"}`;
    case "set-role-setting":
    case "set-database-setting":
    case "reset-role-setting":
    case "reset-database-setting":
      return alterSetting(action);
    case "join":
      return `GRANT ${id(action.group)} TO ${id(action.role)}${withAdmin(action.admin)}`;
    case "leave":
      return `REVOKE ${id(action.group)} FROM ${id(action.role)}${action.grantor === undefined ? "" : ` GRANTED BY ${id(action.grantor)}`}`;
    case "set-role":
      return `ALTER ROLE ${id(action.role)} SET role TO ${escapeLiteral(action.group)}`;
    case "join-admin":
      return `GRANT ${id(action.role)} TO CURRENT_USER${action.withOptions ? " WITH INHERIT TRUE, SET TRUE" : ""}`;
    case "create-database":
      return createDatabase(action.database, action.withLibc);
    case "limit-database":
      return `ALTER DATABASE ${id(action.database)} CONNECTION LIMIT ${String(action.connectionLimit)}`;
    case "drop-database":
      return `DROP DATABASE ${id(action.database)}`;
    case "reassign-owned":
    case "drop-owned":
      return leaveOwned(action);
    case "drop-role":
      return `DROP ROLE ${id(action.role)}`;
    case "create-schema":
      return `CREATE SCHEMA ${id(action.schema)} AUTHORIZATION ${id(action.owner)}`;
    case "create-extension":
    case "update-extension":
    case "hand-over-functions":
      return makeExtension(action);
    case "create-publication":
    case "extend-publication":
      return makePublication(action);
    case "grant":
      return `GRANT ${action.privileges.join(", ")} ON ${securable(action.on)} TO ${grantee(action.grantee)}`;
    case "revoke":
      return `REVOKE ${action.privileges.join(", ")} ON ${securable(action.on)} FROM ${grantee(action.grantee)}`;
    case "grant-default":
    case "revoke-default":
      return alterDefaults(action);
  }
}

const id = escapeIdentifier;

/**
 * The statements, run as another role. To revoke privileges that a role granted there is no other way: a
 * superuser's REVOKE acts as the owner, and GRANTED BY may only name the session's own role.
 */
export function inNameOf(role: string, statements: readonly string[]): string {
  return `${asRole(role, statements)};`;
}

/** The same, with no semicolon at the end. */
export function asRole(role: string, statements: readonly string[]): string {
  return [`SET ROLE ${id(role)}`, ...statements, "RESET ROLE"].join("; ");
}

/** Same meaning as no VALID UNTIL, but @pulumi/postgresql writes it. */
const noExpiry = "VALID UNTIL 'infinity'";

function withAdmin(admin?: { readonly withOptions: boolean }): string {
  if (admin === undefined) return "";
  return admin.withOptions ? " WITH ADMIN TRUE, INHERIT TRUE, SET TRUE" : " WITH ADMIN OPTION";
}

function list(names: readonly string[]): string {
  return names.map(id).join(", ");
}

function alterSetting(action: Extract<Action, { readonly kind: `${string}-setting` }>): string {
  const on = "role" in action ? `ROLE ${id(action.role)}` : `DATABASE ${id(action.database)}`;
  const change = "value" in action ? setting(action) : `RESET ${settingName(action.name)}`;
  return `ALTER ${on} ${change}`;
}

/** `SET name TO value`, for a setting that is not a list. */
export function setting({
  name,
  value,
}: {
  readonly name: string;
  readonly value: string;
}): string {
  return `SET ${settingName(name)} TO ${escapeLiteral(value)}`;
}

/** A name in small letters that needs quotes only if it is a keyword. */
export function settingName(name: string): string {
  return name.split(".").map(id).join(".");
}

function grantee(name: string): string {
  return name === PUBLIC ? "PUBLIC" : id(name);
}

function createRole(
  { role, canLogin }: { readonly role: PlannedRole; readonly canLogin: boolean },
  verifiers: Verifiers,
): string {
  const limit =
    role.connectionLimit === -1 ? "" : ` CONNECTION LIMIT ${String(role.connectionLimit)}`;
  if (!canLogin) return `CREATE ROLE ${id(role.name)} NOLOGIN${limit} ${noExpiry}`;
  if (role.login === "external") return `CREATE ROLE ${id(role.name)} LOGIN${limit} ${noExpiry}`;
  return `CREATE ROLE ${id(role.name)} LOGIN${limit} ${noExpiry} PASSWORD ${escapeLiteral(verifiers(role.key))}`;
}

function createDatabase(database: PlannedDatabase, withLibc = false): string {
  const { template, collate, ctype, icuLocale, connectionLimit } = database;
  return [
    `CREATE DATABASE ${id(database.name)} OWNER ${id(database.owner)}`,
    // template0, because a session in template1 or an outdated collation there would block it.
    `TEMPLATE ${template === undefined ? "template0" : id(template)}`,
    `ENCODING ${escapeLiteral(database.encoding)}`,
    ...(withLibc ? ["LOCALE_PROVIDER libc"] : []),
    ...(icuLocale === undefined
      ? []
      : [`LOCALE_PROVIDER icu ICU_LOCALE ${escapeLiteral(icuLocale)}`]),
    ...(collate === undefined ? [] : [`LC_COLLATE ${escapeLiteral(collate)}`]),
    ...(ctype === undefined ? [] : [`LC_CTYPE ${escapeLiteral(ctype)}`]),
    ...(connectionLimit === -1 ? [] : [`CONNECTION LIMIT ${String(connectionLimit)}`]),
  ].join(" ");
}

function leaveOwned({ role, owner }: { readonly role: string; readonly owner?: string }): string {
  return owner === undefined
    ? `DROP OWNED BY ${id(role)}`
    : `REASSIGN OWNED BY ${id(role)} TO ${id(owner)}`;
}

function makeExtension(
  action: Extract<Action, { readonly kind: `${string}-extension` | "hand-over-functions" }>,
): string {
  switch (action.kind) {
    case "create-extension":
      return createExtension(action);
    case "update-extension":
      return `ALTER EXTENSION ${id(action.name)} UPDATE TO ${escapeLiteral(action.version)}`;
    case "hand-over-functions":
      return handOverFunctions(action);
  }
}

function createExtension({
  extension: { name, schema, version },
  as,
}: Pick<Extract<Action, { readonly kind: "create-extension" }>, "extension" | "as">): string {
  // Without a schema the extension would go to pg_catalog, the session's search_path.
  const exactly = version === undefined ? "" : ` VERSION ${escapeLiteral(version)}`;
  const statement = `CREATE EXTENSION ${id(name)} SCHEMA ${id(schema)}${exactly}`;
  return as === undefined ? statement : asRole(as, [statement]);
}

/**
 * One block, because the functions of an extension that is yet to be created are not known. It leaves alone those
 * that somebody gave to a third role. The same functions as in `catalog/sql/extensions.sql`.
 */
function handOverFunctions({
  extension,
  owner,
}: {
  readonly extension: string;
  readonly owner: string;
}): string {
  const functions = [
    "SELECT p.oid::pg_catalog.regprocedure FROM pg_catalog.pg_extension x",
    "JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) x.oid",
    "JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) d.objid",
    `WHERE x.extname OPERATOR(pg_catalog.=) ${escapeLiteral(extension)}`,
    "AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass",
    "AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass",
    "AND d.deptype OPERATOR(pg_catalog.=) 'e'",
    "AND (p.proowner OPERATOR(pg_catalog.=) 10 OR p.proowner OPERATOR(pg_catalog.=) x.extowner)",
  ];
  const change = `EXECUTE pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', f, ${escapeLiteral(owner)});`;
  const loop = `FOR f IN ${functions.join(" ")} LOOP ${change} END LOOP;`;
  return `DO ${inDollars(` DECLARE f pg_catalog.regprocedure; BEGIN ${loop} END `)}`;
}

/** A text between tags that it does not hold. */
export function inDollars(body: string): string {
  let tag = "$berth$";
  for (let n = 1; body.includes(tag); n += 1) tag = `$berth${String(n)}$`;
  return `${tag}${body}${tag}`;
}

function alterDefaults(
  action: Extract<Action, { readonly kind: "grant-default" | "revoke-default" }>,
): string {
  const [verb, preposition] =
    action.kind === "grant-default" ? ["GRANT", "TO"] : ["REVOKE", "FROM"];
  return `${defaults(action)} ${verb} ${action.privileges.join(", ")} ON ${action.type.toUpperCase()}S ${preposition} ${grantee(action.grantee)}`;
}

/** The app's owner gets it in the same statement, so that it may change it. */
function makePublication(
  action: Extract<Action, { readonly kind: `${string}-publication` }>,
): string {
  const { tables } = action;
  const name = id(action.name);
  if (action.kind === "extend-publication") {
    return `ALTER PUBLICATION ${name} ADD TABLE ${tableList(action.tables)}`;
  }
  const { owner } = action;
  const some = tables === "all" || tables.length === 0 ? "" : ` FOR TABLE ${tableList(tables)}`;
  const what = tables === "all" ? " FOR ALL TABLES" : some;
  const give = owner === undefined ? "" : `; ALTER PUBLICATION ${name} OWNER TO ${id(owner)}`;
  return `CREATE PUBLICATION ${name}${what}${give}`;
}

/** Tables with their schemas. */
export function tableList(tables: Exclude<PublicationSpec["tables"], "all">): string {
  return tables.map(({ schema, name }) => `${id(schema)}.${id(name)}`).join(", ");
}

function defaults(action: { readonly owner: string; readonly schema: string | null }): string {
  const where = action.schema === null ? "" : ` IN SCHEMA ${id(action.schema)}`;
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${id(action.owner)}${where}`;
}

function securable(on: Securable): string {
  switch (on.type) {
    case "database":
      return `DATABASE ${id(on.database)}`;
    case "schema":
      return `SCHEMA ${id(on.schema)}`;
    case "table":
    case "sequence":
    case "function": {
      // FUNCTION would not include procedures.
      const kind = on.type === "function" ? "ROUTINE" : on.type.toUpperCase();
      const objects = on.objects.map(
        (one) => `${id(on.schema)}.${id(one.name)}${argumentsOf(one)}`,
      );
      return `${kind} ${objects.join(", ")}`;
    }
  }
}
