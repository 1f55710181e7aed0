import { z } from "zod";
import { type Grants, type ObjectType, objectTypes, privilegeTable } from "../privileges.ts";
import { PgIdentifier } from "./primitives.ts";

/** The keys of an entry that say what is inside its database, and what a role may do with it. */

/** Key of the stack file → type of object. Plural where a privilege covers all there are. */
const privilegeKeys = {
  database: "database",
  schemas: "schema",
  tables: "table",
  sequences: "sequence",
  functions: "function",
} as const satisfies Readonly<Record<string, ObjectType>>;

/** Why a privilege that Postgres knows is not given. */
const createRefusal =
  "is not given to a further role: what it made would belong to it and not to the owner, and the app's other roles would not reach it; let the owner make it";

function privilegesOn(key: keyof typeof privilegeKeys, description: string) {
  const allowed: readonly string[] = privilegeTable[privilegeKeys[key]];
  const where = key === "database" ? "the database" : key;
  const Privilege = z.string().check((ctx) => {
    const name = ctx.value;
    if (allowed.includes(name)) return;
    const message =
      name === "CREATE"
        ? createRefusal
        : `is no privilege on ${where}; allowed are ${allowed.join(", ")}`;
    ctx.issues.push({ code: "custom", message, input: name });
  });
  return z.array(Privilege.meta({ enum: [...allowed] })).describe(description);
}

/** Privileges of a further role, on top of those of its profile. */
export const Privileges = z
  .strictObject({
    database: privilegesOn("database", "On the database. CONNECT is always given."),
    schemas: privilegesOn("schemas", "On the app's schemas. USAGE is always given."),
    tables: privilegesOn(
      "tables",
      "On the owner's tables and views, also later ones. MAINTAIN needs Postgres 17.",
    ),
    sequences: privilegesOn("sequences", "On the owner's sequences, also later ones."),
    functions: privilegesOn(
      "functions",
      "On the owner's functions and procedures, also later ones. PUBLIC has EXECUTE until the owner takes it away.",
    ),
  })
  .partial();

/** The same by type of object, sorted, each once. */
export function toGrants(given: z.infer<typeof Privileges>): Grants {
  const byType = Object.entries(privilegeKeys).map(([key, type]) => {
    const list = given[key as keyof typeof privilegeKeys] ?? [];
    return [type, [...new Set(list)].toSorted()] as const;
  });
  return Object.fromEntries(byType.filter(([, list]) => list.length > 0));
}

/** The other way round: privileges as a stack file says them. */
export function toPrivilegeKeys(grants: Grants): z.infer<typeof Privileges> {
  const byKey = Object.entries(privilegeKeys).map(([key, type]) => [key, grants[type]] as const);
  return Object.fromEntries(byKey.flatMap(([key, list]) => (list ? [[key, [...list]]] : [])));
}

/** Two lots of privileges as one. */
export function joinGrants(one: Grants, other: Grants): Grants {
  const all = objectTypes.map((type) => {
    const list = [...(one[type] ?? []), ...(other[type] ?? [])];
    return [type, [...new Set(list)].toSorted()] as const;
  });
  return Object.fromEntries(all.filter(([, list]) => list.length > 0));
}

/** A schema that the app has besides `public`. */
export const SchemaName = PgIdentifier.refine(
  (name) => !name.startsWith("pg_") && name !== "information_schema",
  { error: "belongs to Postgres itself" },
).refine((name) => name !== "public", { error: "is there already; name only further schemas" });

/** An extension's name, which unlike others may hold `-`. */
export const ExtensionName = z
  .string()
  .max(63, { error: "is longer than 63 characters" })
  .regex(/^[a-z_][a-z0-9_-]*$/, {
    error: "is no extension's name; allowed are a-z, 0-9, _ and -, starting with a letter",
  });

/** `--` and `/` would reach into the names of the extension's script files. */
export const ExtensionVersion = z
  .string()
  .regex(/^[A-Za-z0-9_.+]+(-[A-Za-z0-9_.+]+)*$/, { error: 'is no version; write it as "1.6"' });

/** By name, or with more to say. */
const Extension = z.union([
  ExtensionName,
  z
    .strictObject({
      name: ExtensionName,
      schema: PgIdentifier.describe("Schema for what it brings. Default: public."),
      version: ExtensionVersion.describe("Default: the server's, and then whatever is there."),
    })
    .partial({ schema: true, version: true }),
]);

/** What is inside the database. */
export const contentKeys = {
  schemas: z
    .array(SchemaName)
    .describe(
      "Schemas besides public. The owner owns them, and what the other roles may do holds in them, too. One that leaves the list stays on the server.",
    ),
  extensions: z
    .array(Extension)
    .describe(
      "Extensions, by name, in the order in which they need each other. One that leaves the list stays on the server.",
    ),
};
