import { z } from "zod";
import { byKey, sortUnique } from "../../../sort.ts";
import { EVERY_SCHEMA } from "../../privileges.ts";
import { PgIdentifier, PgName, refuse } from "../primitives.ts";
import { Except, toNamedObjects } from "./privileges.ts";

/** A schema of the app other than `public`. */
export const SchemaName = PgIdentifier.refine(
  (name) => !name.startsWith("pg_") && name !== "information_schema",
  { error: "belongs to Postgres itself" },
).refine((name) => name !== "public", { error: "always exists; name only other schemas" });

/** A name, or a pattern such as `tenant_*`. */
const SchemaNames = z.string().check((ctx) => {
  const name = ctx.value;
  const report = (message: string) =>
    ctx.issues.push({ code: "custom", message, input: name, continue: true });
  if (!name.includes("*")) {
    for (const { message } of SchemaName.safeParse(name).error?.issues ?? []) report(message);
  } else if (!/^[a-z0-9_*]+$/.test(name)) {
    report("is not a pattern; allowed are a-z, 0-9, _ and *");
  }
});

/** The names, and the patterns, sorted and without repetition. */
export function toSchemas(given: z.infer<typeof contentKeys.schemas> = []) {
  const all = given === "all" ? [EVERY_SCHEMA] : given;
  const isPattern = (name: string): boolean => name.includes("*");
  return {
    schemas: all.filter((name) => !isPattern(name)).toSorted(),
    patterns: sortUnique(all.filter(isPattern)),
  };
}

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

/** Who owns the functions of an extension. */
export const ExtensionFunctions = z.literal("owner");

const Extension = z.union([
  ExtensionName,
  z
    .strictObject({
      name: ExtensionName.describe("Name of the extension."),
      schema: PgIdentifier.describe("Schema for the extension's objects. Default: public."),
      version: ExtensionVersion.describe(
        "Version of the extension. Default: the server's default on creation; later any version is right.",
      ),
      functions: ExtensionFunctions.describe(
        "Make the owner of the database the owner of the extension's functions, for apps whose migrations alter them. Only a superuser can. Default: they stay with who has them.",
      ),
    })
    .partial({ schema: true, version: true, functions: true }),
]);

/** A locale of the operating system. */
export const LocaleName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z0-9_.@-]+$/, { error: "is not a locale; write it as C.UTF-8 or de_DE.utf8" })
  // Postgres keeps it under that name.
  .refine((name) => name !== "POSIX", { error: "is called C in Postgres; write C" });

/** A locale of ICU. Postgres keeps it in this form. */
export const IcuLocale = z.string().check(
  refuse((name: string) => {
    const tag = toLanguageTag(name);
    return tag === name
      ? undefined
      : `is not a language tag; write it as ${tag ?? "de-DE or und-u-ks-level2"}`;
  }),
);

/** The usual form of a language tag, and of ICU's own names such as `de_DE`; undefined = it is neither. */
export function toLanguageTag(name: string): string | undefined {
  try {
    return name === "root" ? "und" : Intl.getCanonicalLocales(name.replaceAll("_", "-"))[0];
  } catch {
    return undefined;
  }
}

const onlyNew =
  "A database that exists keeps what it has, and another value in its entry is an error.";

/** Keys under `database` that only CREATE DATABASE can set. */
export const creationKeys = {
  template: PgName.describe(
    "Database marked IS_TEMPLATE that a new database is copied from, with all that it holds. It has no effect on a database that exists. Default: template0, which is empty.",
  ),
  locale: LocaleName.describe(
    `Locale of the server's operating system, for both \`collate\` and \`ctype\`. Default: the template's. ${onlyNew}`,
  ),
  collate: LocaleName.describe("Order of texts (LC_COLLATE). Default: locale."),
  ctype: LocaleName.describe(
    "Which characters are letters, and their capitals (LC_CTYPE). Default: locale.",
  ),
  icuLocale: IcuLocale.describe(
    `Language tag of ICU, which then orders texts, such as de-DE. It needs Postgres 15. ${onlyNew}`,
  ),
};

/** Tables by name: `orders` in schema public, or `app.items`. */
const TableNames = z.array(Except.element).min(1, { error: "is empty; list tables, or write all" });

/** The publications, each with its tables, sorted by name. */
export function toPublications(given: z.infer<typeof contentKeys.publications> = {}) {
  return Object.entries(given)
    .toSorted(byKey)
    .map(([name, tables]) => ({ name, tables: tables === "all" ? tables : toTables(tables) }));
}

function toTables(names: readonly string[]) {
  return toNamedObjects(names).map(({ schema = "public", name }) => ({ schema, name }));
}

/** Keys under `database` in an app's entry. */
export const contentKeys = {
  schemas: z
    .union([z.literal("all"), z.array(SchemaNames)])
    .describe(
      "Schemas other than public. Berth makes those with a name. `tenant_*` stands for all of this form that the owner has, and `all` for all that it has or will have. The privileges of the other roles apply to them, too. A schema that you remove from the list stays on the server.",
    ),
  extensions: z
    .array(Extension)
    .describe(
      "Extensions, by name. Berth creates them in this order, and those that they need before them. An extension that you remove from the list stays on the server.",
    ),
  publications: z
    .record(PgName, z.union([z.literal("all"), TableNames]).describe("Its tables, or all."))
    .describe(
      "Publications for change data capture, by name: `{ cdc: [orders, app.items] }`, or `{ cdc: all }`, which only a superuser can make. Berth makes them and adds tables. A table or publication that you remove stays.",
    ),
  guests: z
    .array(PgName)
    .describe(
      "Roles of others that may own objects in this database and be members of the app's roles. Berth never changes these objects and memberships, and reports them unless their role is in this list.",
    ),
};
