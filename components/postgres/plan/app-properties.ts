import { z } from "zod";
import { type Grants, objectTypes, privilegeTable } from "../../config/privileges.ts";
import {
  ExtensionFunctions,
  ExtensionName,
  ExtensionVersion,
  IcuLocale,
  LocaleName,
  SchemaName,
} from "../../config/schema/postgres/database.ts";
import { KnownSettings } from "../../config/schema/postgres/settings.ts";
import {
  AppName,
  ConnectionLimit,
  PgIdentifier,
  PgName,
  SearchPath,
} from "../../config/schema/primitives.ts";

/**
 * The properties of an `AppDatabase`, the one list of them: what the provider accepts, keeps in state,
 * compares and says in its schema.
 */

const GrantsProperty = z
  .strictObject(
    Object.fromEntries(
      objectTypes.map((type) => [
        type,
        z.array(
          z.enum(privilegeTable[type], {
            error: `holds what is not a privilege on a ${type}; allowed are ${privilegeTable[type].join(", ")}`,
          }),
        ),
      ]),
    ),
  )
  .partial() as unknown as z.ZodType<Grants>;

/** Names of live objects and schemas, which Postgres itself limits. */
const LiveName = z.string().min(1);

const Pattern = z.string().regex(/^[a-z0-9_]*\*[a-z0-9_*]*$/, {
  error: "is no pattern; write it as tenant_*, or * for every schema",
});

/** One role. Its grants on objects in schemas also hold for objects that the owner will create. */
export const RoleProperties = z.strictObject({
  name: PgName,
  profile: z.enum(["owner", "readwrite", "readonly", "custom"]),
  /** undefined = `always`. */
  login: z.enum(["rotated", "external", "none"]).optional(),
  /** undefined = itself. */
  setRole: PgName.optional(),
  connectionLimit: ConnectionLimit,
  /** undefined = NOREPLICATION. */
  replication: z.literal(true).optional(),
  memberOf: z.array(PgName).readonly(),
  searchPath: SearchPath.readonly(),
  settings: KnownSettings.readonly(),
  /** In each of the app's schemas. */
  grants: GrantsProperty,
  /** In addition, in one schema or on objects of one name; undefined = nothing. */
  scoped: z
    .array(
      z.strictObject({
        schema: LiveName.optional(),
        name: LiveName.optional(),
        grants: GrantsProperty,
      }),
    )
    .readonly()
    .optional(),
  /** What the role has nothing on; undefined = nothing is left out. */
  except: z
    .array(z.strictObject({ schema: LiveName.optional(), name: LiveName }))
    .readonly()
    .optional(),
});

/** A plan in the app's own terms, role by role: a preview says `roles.admin.grants.table`, not grant number 3. */
export const AppProperties = z.strictObject({
  app: AppName,
  adopt: z.boolean(),
  /** Create a new, empty database if the old one is gone. For the run only, like `adopt`. */
  recreate: z.boolean().optional(),
  reclaimPolicy: z.enum(["retain", "delete"]),
  database: z
    .strictObject({
      name: PgName,
      /** All databases of the app, each a resource; the first has the roles. undefined = only this one. */
      names: z.array(PgName).readonly().optional(),
      encoding: z
        .string()
        .regex(/^[A-Z][A-Z0-9_]*$/, { error: "is not an encoding; write it as UTF8" }),
      /** These four: undefined = as in template0. */
      template: PgName.optional(),
      collate: LocaleName.optional(),
      ctype: LocaleName.optional(),
      icuLocale: IcuLocale.optional(),
      connectionLimit: ConnectionLimit,
      revokePublic: z.boolean(),
      /** undefined = none. */
      guests: z.array(PgName).readonly().optional(),
      settings: KnownSettings.readonly(),
    })
    .readonly(),
  /** By key; `owner` is the one that owns the database. */
  roles: z.record(z.string(), RoleProperties.readonly()).readonly(),
  /** `public`, and the other schemas of the owner. */
  schemas: z
    .array(z.union([z.literal("public"), SchemaName]))
    .refine((schemas) => schemas.includes("public"), {
      error: 'has to list "public", which is there in any case',
    })
    .readonly(),
  /** `tenant_*` stands for the owner's schemas of this form, `*` for all; undefined = none. */
  patterns: z.array(Pattern).readonly().optional(),
  /** In the order in which they are made. */
  extensions: z
    .array(
      z.strictObject({
        name: ExtensionName,
        schema: PgIdentifier,
        version: ExtensionVersion.optional(),
        /** undefined = they stay with who has them. */
        functions: ExtensionFunctions.optional(),
      }),
    )
    .readonly(),
  /** undefined = none. */
  publications: z
    .array(
      z.strictObject({
        name: PgName,
        tables: z.union([
          z.literal("all"),
          z.array(z.strictObject({ schema: LiveName, name: LiveName })).readonly(),
        ]),
      }),
    )
    .readonly()
    .optional(),
});

export type AppDatabaseState = Readonly<z.infer<typeof AppProperties>>;

export type RoleState = AppDatabaseState["roles"][string];
