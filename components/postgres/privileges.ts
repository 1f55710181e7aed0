/**
 * The privileges that Berth gives, by type of object. Postgres refuses others only when the statement
 * runs, halfway through an app; this table refuses them before anything is connected to.
 *
 * @see https://www.postgresql.org/docs/current/ddl-priv.html#PRIVILEGES-SUMMARY-TABLE
 */
export const privilegeTable = {
  database: ["CONNECT", "CREATE", "TEMPORARY"],
  schema: ["CREATE", "USAGE"],
  table: ["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"],
  sequence: ["SELECT", "UPDATE", "USAGE"],
} as const;

/** A type of object that privileges are given on. */
export type ObjectType = keyof typeof privilegeTable;

/** Every type, from the outside in: without CONNECT and USAGE the others are of no use. */
export const objectTypes = Object.keys(privilegeTable) as readonly ObjectType[];

/** Types of which there are many in a schema, so that a privilege covers those to come as well. */
export const contentTypes = ["table", "sequence"] as const satisfies readonly ObjectType[];

/** Exactly what a role may do, by type; what is absent is nothing. */
export type Grants = Readonly<Partial<Record<ObjectType, readonly string[]>>>;
