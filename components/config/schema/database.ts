import { z } from "zod";
import { type Grants, type ObjectType, objectTypes, privilegeTable } from "../privileges.ts";
import { PgIdentifier, PgName } from "./primitives.ts";

/** Key of the stack file → type of object. */
const privilegeKeys = {
  database: "database",
  schemas: "schema",
  tables: "table",
  sequences: "sequence",
  functions: "function",
} as const satisfies Readonly<Record<string, ObjectType>>;

const createRefusal =
  "is not granted to a further role: it would own what it creates, and the app's other roles could not use that; let the owner create it";

function privilegesOn(key: keyof typeof privilegeKeys, description: string) {
  const allowed: readonly string[] = privilegeTable[privilegeKeys[key]];
  const where = key === "database" ? "the database" : key;
  const Privilege = z.string().check((ctx) => {
    const name = ctx.value;
    if (allowed.includes(name)) return;
    const message =
      name === "CREATE"
        ? createRefusal
        : `is not a privilege on ${where}; allowed are ${allowed.join(", ")}`;
    ctx.issues.push({ code: "custom", message, input: name });
  });
  return z.array(Privilege.meta({ enum: [...allowed] })).describe(description);
}

/** Privileges of a further role, on top of those of its profile. */
export const Privileges = z
  .strictObject({
    database: privilegesOn("database", "On the database. CONNECT is always granted."),
    schemas: privilegesOn("schemas", "On the app's schemas. USAGE is always granted."),
    tables: privilegesOn(
      "tables",
      "On the owner's tables and views, also future ones. MAINTAIN needs Postgres 17.",
    ),
    sequences: privilegesOn("sequences", "On the owner's sequences, also future ones."),
    functions: privilegesOn(
      "functions",
      "On the owner's functions and procedures, also future ones. PUBLIC has EXECUTE until the owner revokes it.",
    ),
  })
  .partial();

/** Privileges by type of object, sorted and without repetition. */
export function toGrants(given: z.infer<typeof Privileges>): Grants {
  const byType = Object.entries(privilegeKeys).map(([key, type]) => {
    const list = given[key as keyof typeof privilegeKeys] ?? [];
    return [type, [...new Set(list)].toSorted()] as const;
  });
  return Object.fromEntries(byType.filter(([, list]) => list.length > 0));
}

/** Privileges as in a stack file, by key; the reverse of {@link toGrants}. */
export function toPrivilegeKeys(grants: Grants): z.infer<typeof Privileges> {
  const byKey = Object.entries(privilegeKeys).map(([key, type]) => [key, grants[type]] as const);
  return Object.fromEntries(byKey.flatMap(([key, list]) => (list ? [[key, [...list]]] : [])));
}

/** The union of both, sorted. */
export function joinGrants(one: Grants, other: Grants): Grants {
  const all = objectTypes.map((type) => {
    const list = [...(one[type] ?? []), ...(other[type] ?? [])];
    return [type, [...new Set(list)].toSorted()] as const;
  });
  return Object.fromEntries(all.filter(([, list]) => list.length > 0));
}

/** A schema of the app other than `public`. */
export const SchemaName = PgIdentifier.refine(
  (name) => !name.startsWith("pg_") && name !== "information_schema",
  { error: "belongs to Postgres itself" },
).refine((name) => name !== "public", { error: "always exists; name only other schemas" });

/** An extension's name. Unlike other names it may have `-`. */
export const ExtensionName = z
  .string()
  .max(63, { error: "is longer than 63 characters" })
  .regex(/^[a-z_][a-z0-9_-]*$/, {
    error: "is not an extension's name; allowed are a-z, 0-9, _ and -, starting with a letter",
  });

/** `--` and `/` have a meaning in the names of an extension's script files. */
export const ExtensionVersion = z
  .string()
  .regex(/^[A-Za-z0-9_.+]+(-[A-Za-z0-9_.+]+)*$/, { error: 'is not a version; write it as "1.6"' });

/** An extension by name, or with its settings. */
const Extension = z.union([
  ExtensionName,
  z
    .strictObject({
      name: ExtensionName,
      schema: PgIdentifier.describe("Schema for the extension's objects. Default: public."),
      version: ExtensionVersion.describe(
        "Default: the server's default on creation; later any version is right.",
      ),
    })
    .partial({ schema: true, version: true }),
]);

/** Keys under `database` in an app's entry. */
export const contentKeys = {
  schemas: z
    .array(SchemaName)
    .describe(
      "Schemas other than public. The owner owns them, and the privileges of the other roles apply to them, too. A schema that you remove from the list stays on the server.",
    ),
  extensions: z
    .array(Extension)
    .describe(
      "Extensions, by name. Berth creates them in this order, so list one before those that need it. An extension that you remove from the list stays on the server.",
    ),
  guests: z
    .array(PgName)
    .describe(
      "Roles of others that may own objects in this database and be members of the app's roles. Berth never changes these objects and memberships, and reports them unless their role is in this list.",
    ),
};
