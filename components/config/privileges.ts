/**
 * The privileges that Berth gives, by type of object. Postgres refuses others only when the statement
 * runs, halfway through an app; this table refuses them before anything is connected to.
 *
 * CREATE is not among them: what a role makes belongs to it, and default privileges speak for the owner
 * only, so that the app's other roles would not reach it. MAINTAIN came with Postgres 17.
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

/** A type of object that privileges are given on; `function` stands for procedures as well. */
export type ObjectType = keyof typeof privilegeTable;

/** Every type, from the outside in: without CONNECT and USAGE the others are of no use. */
export const objectTypes = Object.keys(privilegeTable) as readonly ObjectType[];

/** Types of which there are many in a schema, so that a privilege covers those to come as well. */
export const contentTypes = [
  "table",
  "sequence",
  "function",
] as const satisfies readonly ObjectType[];

/** A type of which there are many in a schema. */
export type ContentType = (typeof contentTypes)[number];

/** Exactly what a role may do, by type; what is absent is nothing. */
export type Grants = Readonly<Partial<Record<ObjectType, readonly string[]>>>;
