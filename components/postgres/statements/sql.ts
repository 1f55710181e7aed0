import { escapeIdentifier, escapeLiteral } from "pg";
import type { PublicationSpec } from "../../config/spec.ts";
import { type PlannedDatabase, PUBLIC } from "../plan/plan.ts";
import {
  type Altered,
  argumentsOf,
  type Change,
  type ChangeOf,
  type Securable,
} from "./actions.ts";

/** The verifier of a role, by the role's key. */
export type Verifiers = (key: string) => string;

/** The form of a verifier. It means the same to JavaScript and to `grep -E`. */
export const verifierForm =
  "SCRAM-SHA-256[$][1-9][0-9]*:[A-Za-z0-9+/]{22,}={0,2}[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=";

/** For statements that people read. */
export const hiddenVerifiers: Verifiers = () => "‹verifier›";

/**
 * The SQL of a change: one statement, or two for a publication and its owner, valid for Postgres 14 and newer. It
 * gives the same catalog rows as @pulumi/postgresql, so an app may change from one to the other.
 */
export function toStatement(change: Change, verifiers: Verifiers): string {
  // The compiler cannot see that both are of the same kind.
  const make = sqlOf[change.kind] as (change: Change, verifiers: Verifiers) => string;
  return make(change, verifiers);
}

const sqlOf: {
  readonly [K in Change["kind"]]: (change: ChangeOf<K>, verifiers: Verifiers) => string;
} = {
  "create-ownership-role": ({ role }) => `CREATE ROLE ${id(role)} NOLOGIN ${noExpiry}`,
  "comment-ownership-role": ({ role, comment }) =>
    `COMMENT ON ROLE ${id(role)} IS ${escapeLiteral(comment)}`,
  "create-role": createRole,
  "set-password": ({ role, key }, verifiers) =>
    `ALTER ROLE ${id(role)} PASSWORD ${escapeLiteral(verifiers(key))}`,
  "clear-password": ({ role }) => `ALTER ROLE ${id(role)} PASSWORD NULL`,
  "set-attributes": ({ role, attributes }) => `ALTER ROLE ${id(role)} ${attributes.join(" ")}`,
  "limit-connections": ({ connectionLimit, ...on }) =>
    `${alter(on)} CONNECTION LIMIT ${String(connectionLimit)}`,
  "set-search-path": ({ role, searchPath }) => `ALTER ROLE ${id(role)} ${toSearchPath(searchPath)}`,
  "set-setting": ({ name, value, ...on }) => `${alter(on)} ${setting({ name, value })}`,
  "reset-setting": ({ name, ...on }) => `${alter(on)} RESET ${settingName(name)}`,
  join: ({ role, group, admin }) => `GRANT ${id(group)} TO ${id(role)}${withAdmin(admin)}`,
  leave: ({ role, group, grantor }) =>
    `REVOKE ${id(group)} FROM ${id(role)}${grantor === undefined ? "" : ` GRANTED BY ${id(grantor)}`}`,
  "set-role": ({ role, group }) => `ALTER ROLE ${id(role)} SET role TO ${escapeLiteral(group)}`,
  "join-admin": ({ role, withOptions }) =>
    `GRANT ${id(role)} TO CURRENT_USER${withOptions ? " WITH INHERIT TRUE, SET TRUE" : ""}`,
  "create-database": ({ database, withLibc }) => createDatabase(database, withLibc),
  "drop-database": ({ database }) => `DROP DATABASE ${id(database)}`,
  "reassign-owned": ({ role, owner }) => `REASSIGN OWNED BY ${id(role)} TO ${id(owner)}`,
  "drop-owned": ({ role }) => `DROP OWNED BY ${id(role)}`,
  "drop-role": ({ role }) => `DROP ROLE ${id(role)}`,
  "create-schema": ({ schema, owner }) => `CREATE SCHEMA ${id(schema)} AUTHORIZATION ${id(owner)}`,
  "create-extension": createExtension,
  "update-extension": ({ name, version }) =>
    `ALTER EXTENSION ${id(name)} UPDATE TO ${escapeLiteral(version)}`,
  "hand-over-functions": handOverFunctions,
  "create-publication": createPublication,
  "extend-publication": ({ name, tables }) =>
    `ALTER PUBLICATION ${id(name)} ADD TABLE ${tableList(tables)}`,
  grant: ({ privileges, on, grantee }) =>
    `GRANT ${privileges.join(", ")} ON ${securable(on)} TO ${toGrantee(grantee)}`,
  revoke: ({ privileges, on, grantee }) =>
    `REVOKE ${privileges.join(", ")} ON ${securable(on)} FROM ${toGrantee(grantee)}`,
  "grant-default": (grant) => alterDefaults(grant, ["GRANT", "TO"]),
  "revoke-default": (grant) => alterDefaults(grant, ["REVOKE", "FROM"]),
};

/** The same for people to read. */
export function showStatement(change: Change): string {
  return toStatement(change, hiddenVerifiers);
}

const id = escapeIdentifier;

function alter(on: Altered): string {
  return "role" in on ? `ALTER ROLE ${id(on.role)}` : `ALTER DATABASE ${id(on.database)}`;
}

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

/** `SET name TO value`, for a setting that is not a list. */
export function setting({ name, value }: { name: string; value: string }): string {
  return `SET ${settingName(name)} TO ${escapeLiteral(value)}`;
}

/** An empty list resets it. Postgres refuses `""` as a name, and accepts `''`. */
export function toSearchPath(searchPath: readonly string[]): string {
  return `SET search_path TO ${searchPath.map((part) => (part === "" ? "''" : id(part))).join(", ") || "DEFAULT"}`;
}

/** A name in small letters that needs quotes only if it is a keyword. */
export function settingName(name: string): string {
  return name.split(".").map(id).join(".");
}

function toGrantee(name: string): string {
  return name === PUBLIC ? "PUBLIC" : id(name);
}

function createRole({ role, canLogin }: ChangeOf<"create-role">, verifiers: Verifiers): string {
  const { name, key, login, connectionLimit } = role;
  const limit = connectionLimit === -1 ? "" : ` CONNECTION LIMIT ${String(connectionLimit)}`;
  const made = `CREATE ROLE ${id(name)} ${canLogin ? "LOGIN" : "NOLOGIN"}${limit} ${noExpiry}`;
  if (!canLogin || login === "external") return made;
  return `${made} PASSWORD ${escapeLiteral(verifiers(key))}`;
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

function createExtension({ extension, as }: ChangeOf<"create-extension">): string {
  const { name, schema, version } = extension;
  // Without a schema the extension would go to pg_catalog, the session's search_path.
  const exactly = version === undefined ? "" : ` VERSION ${escapeLiteral(version)}`;
  const statement = `CREATE EXTENSION ${id(name)} SCHEMA ${id(schema)}${exactly}`;
  return as === undefined ? statement : asRole(as, [statement]);
}

/**
 * One block, because the functions of an extension that is yet to be created are not known. It leaves alone those
 * that somebody gave to a third role. The same functions as in `catalog/sql/extensions.sql`.
 */
function handOverFunctions({ extension, owner }: ChangeOf<"hand-over-functions">): string {
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
  { owner, schema, privileges, type, grantee }: ChangeOf<"grant-default" | "revoke-default">,
  [verb, preposition]: readonly [string, string],
): string {
  const where = schema === null ? "" : ` IN SCHEMA ${id(schema)}`;
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${id(owner)}${where} ${verb} ${privileges.join(", ")} ON ${type.toUpperCase()}S ${preposition} ${toGrantee(grantee)}`;
}

/** The app's owner gets it in the same statement, so that it may change it. */
function createPublication({ name, tables, owner }: ChangeOf<"create-publication">): string {
  const some = tables === "all" || tables.length === 0 ? "" : ` FOR TABLE ${tableList(tables)}`;
  const what = tables === "all" ? " FOR ALL TABLES" : some;
  const give = owner === undefined ? "" : `; ALTER PUBLICATION ${id(name)} OWNER TO ${id(owner)}`;
  return `CREATE PUBLICATION ${id(name)}${what}${give}`;
}

export function tableList(tables: Exclude<PublicationSpec["tables"], "all">): string {
  return tables.map(({ schema, name }) => `${id(schema)}.${id(name)}`).join(", ");
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
