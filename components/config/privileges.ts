/**
 * The privileges that Berth grants, by type of object. Postgres refuses others only when the statement
 * runs, halfway through an app. This table refuses them before Berth connects to anything.
 *
 * CREATE is left out: a role owns what it creates, and default privileges hold only for what the app's
 * owner creates, so the app's other roles could not use it. MAINTAIN needs Postgres 17.
 *
 * @see https://www.postgresql.org/docs/current/ddl-priv.html#PRIVILEGES-SUMMARY-TABLE
 */
export const privilegeTable = {
  database: ["CONNECT", "TEMPORARY"],
  schema: ["USAGE"],
  table: ["DELETE", "INSERT", "MAINTAIN", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"],
  sequence: ["SELECT", "UPDATE", "USAGE"],
  function: ["EXECUTE"],
} as const;

/** A type of object that privileges are granted on; `function` includes procedures. */
export type ObjectType = keyof typeof privilegeTable;

/** Every type, from the outside in: without CONNECT and USAGE the others have no effect. */
export const objectTypes = Object.keys(privilegeTable) as readonly ObjectType[];

/** Types with many objects in a schema. Default privileges cover the future ones. */
export const contentTypes = [
  "table",
  "sequence",
  "function",
] as const satisfies readonly ObjectType[];

export type ContentType = (typeof contentTypes)[number];

/** Exactly what a role may do, by type of object. An absent type means no privilege. */
export type Grants = Readonly<Partial<Record<ObjectType, readonly string[]>>>;

/** Privileges on part of an app's objects. */
export interface ScopedGrants {
  /** undefined = each of the app's schemas. */
  readonly schema?: string | undefined;
  /** Of tables, sequences or functions; undefined = all of a type. */
  readonly name?: string | undefined;
  readonly grants: Grants;
}

/** Tables, sequences and functions of one name; schema undefined = in each of the app's schemas. */
export interface NamedObjects {
  readonly schema?: string | undefined;
  readonly name: string;
}

/** What a further role may do. */
export interface RoleAccess {
  /** In each of the app's schemas. */
  readonly grants: Grants;
  /** In addition. undefined = nothing. */
  readonly scoped?: readonly ScopedGrants[] | undefined;
  /** What the role has nothing on, whatever else is said. undefined = nothing. */
  readonly except?: readonly NamedObjects[] | undefined;
}

/** Every schema of the owner, as a pattern. */
export const EVERY_SCHEMA = "*";

/** Whether a pattern such as `tenant_*` stands for a name. It has a-z, 0-9, _ and *, which is any characters. */
export function matchesPattern(pattern: string, name: string): boolean {
  return new RegExp(`^${pattern.replaceAll("*", ".*")}$`, "s").test(name);
}
