import { z } from "zod";
import { sortOnce, sortUnique } from "../../../sort.ts";
import {
  type Grants,
  type NamedObjects,
  type ObjectType,
  objectTypes,
  privilegeTable,
  type ScopedGrants,
} from "../../privileges.ts";
import { PgName, refuse } from "../primitives.ts";

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

/** Keys whose objects have names. */
const namedKeys = ["tables", "sequences", "functions"] as const;

function privilegesOn(key: keyof typeof privilegeKeys) {
  const allowed: readonly string[] = privilegeTable[privilegeKeys[key]];
  const where = key === "database" ? "the database" : key;
  const problemOf = (name: string): string | undefined => {
    if (allowed.includes(name)) return undefined;
    if (name === "CREATE") return createRefusal;
    return `is not a privilege on ${where}; allowed are ${allowed.join(", ")}`;
  };
  return z.array(
    z
      .string()
      .check(refuse(problemOf))
      .meta({ enum: [...allowed] }),
  );
}

const onObjects = (key: (typeof namedKeys)[number], description: string) =>
  z
    .union([
      privilegesOn(key),
      z.record(PgName, privilegesOn(key).describe("On the one of this name.")),
    ])
    .describe(`${description} By name, { invoices: [SELECT] }, on these alone.`);

const byType = {
  database: privilegesOn("database").describe("On the database. CONNECT is always granted."),
  schemas: privilegesOn("schemas").describe("On the app's schemas. USAGE is always granted."),
  tables: onObjects(
    "tables",
    "On the owner's tables and views, also future ones. MAINTAIN needs Postgres 17.",
  ),
  sequences: onObjects("sequences", "On the owner's sequences, also future ones."),
  functions: onObjects(
    "functions",
    "On the owner's functions and procedures, also future ones. PUBLIC has EXECUTE until the owner revokes it.",
  ),
};

const Everywhere = z.strictObject(byType).partial();

const InPart = z
  .strictObject({
    schema: PgName.describe("One of the app's schemas. Default: each of them."),
    ...byType,
  })
  .partial()
  .refine((it) => it.schema === undefined || it.database === undefined, {
    error: "has `schema`, so `database` has no meaning; give it an entry of its own",
  });

/** Privileges of a further role, on top of those of its profile. */
export const Privileges = z
  .union([Everywhere, z.array(InPart)])
  .describe(
    "Privileges in addition to the profile's, or without a profile: in each of the app's schemas, or a list of what the role has where, such as [{ schema: reporting, tables: [SELECT] }].",
  );

const part = '(?:"(?:[^"]|"")+"|[^".]+)';
const namePattern = new RegExp(`^(?:(?<schema>${part})\\.)?(?<name>${part})$`, "s");

/** Objects that a role has nothing on, by name. */
export const Except = z
  .array(
    z.string().regex(namePattern, {
      error: 'is not a name; write it as salaries, hr.salaries or hr."a.b"',
    }),
  )
  .describe(
    "Tables, views, sequences and functions that the role has nothing on, whatever else its entry says: salaries in each schema, hr.salaries in one. What the owner makes later in such a schema is not open to the role before the next `pulumi up`.",
  );

export function toNamedObjects(given: readonly string[] = []): readonly NamedObjects[] {
  const found = given.map((text): NamedObjects => {
    const { schema, name = "" } = namePattern.exec(text)?.groups ?? {};
    return {
      ...(schema === undefined ? {} : { schema: unquote(schema) }),
      name: unquote(name),
    };
  });
  return sortOnce(found);
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** What a role may do in addition to its profile: on everything, and on some objects. */
export function toPrivileges(given: z.infer<typeof Privileges> = {}): {
  readonly privileges: Grants;
  readonly scoped: readonly ScopedGrants[];
} {
  const list = Array.isArray(given) ? given : [given];
  const all = list.flatMap(toScoped);
  const isOnAll = ({ schema, name }: ScopedGrants): boolean => (schema ?? name) === undefined;
  return {
    privileges: all
      .filter(isOnAll)
      .reduce((sum: Grants, { grants }) => joinGrants(sum, grants), {}),
    scoped: sortOnce(all.filter((one) => !isOnAll(one))),
  };
}

function toScoped({ schema, ...given }: z.infer<typeof InPart>): ScopedGrants[] {
  const where = schema === undefined ? {} : { schema };
  const byName = namedKeys.flatMap((key) => {
    const list = given[key];
    if (list === undefined || Array.isArray(list)) return [];
    return Object.entries(list).map(([name, privileges]) => ({
      ...where,
      name,
      grants: toGrants({ [key]: privileges }),
    }));
  });
  const ofAll = Object.entries(given).filter(([, list]) => Array.isArray(list));
  return [{ ...where, grants: toGrants(Object.fromEntries(ofAll)) }, ...byName];
}

/** Privileges on all objects, by key of the stack file. */
type ListsByKey = Partial<Record<keyof typeof privilegeKeys, string[]>>;

/** Privileges by type of object, sorted and without repetition. */
function toGrants(given: ListsByKey): Grants {
  const lists = Object.entries(privilegeKeys).map(([key, type]) => {
    const list = given[key as keyof typeof privilegeKeys] ?? [];
    return [type, sortUnique(list)] as const;
  });
  return Object.fromEntries(lists.filter(([, list]) => list.length > 0));
}

/** Privileges as in a stack file, by key; the reverse of {@link toGrants}. */
export function toPrivilegeKeys(grants: Grants): ListsByKey {
  const lists = Object.entries(privilegeKeys).map(([key, type]) => [key, grants[type]] as const);
  return Object.fromEntries(lists.flatMap(([key, list]) => (list ? [[key, [...list]]] : [])));
}

/** The union of both, sorted. */
export function joinGrants(one: Grants, other: Grants): Grants {
  const all = objectTypes.map((type) => {
    const list = [...(one[type] ?? []), ...(other[type] ?? [])];
    return [type, sortUnique(list)] as const;
  });
  return Object.fromEntries(all.filter(([, list]) => list.length > 0));
}
