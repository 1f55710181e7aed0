import type { ContentType } from "../../config/privileges.ts";
import type { ExtensionSpec, PublicationSpec } from "../../config/spec.ts";
import type { PlannedDatabase, PlannedRole } from "../plan/plan.ts";

/**
 * One change on the server. `path` is the property of the app that needs it, for previews and errors.
 * `toStatement` turns it into SQL.
 */
export type Action = { readonly path: string } & (
  | { readonly kind: "create-ownership-role"; readonly role: string }
  | { readonly kind: "comment-ownership-role"; readonly role: string; readonly comment: string }
  | { readonly kind: "create-role"; readonly role: PlannedRole; readonly canLogin: boolean }
  | { readonly kind: "set-password"; readonly role: string; readonly key: string }
  | {
      readonly kind: "set-attributes";
      readonly role: string;
      readonly attributes: readonly string[];
    }
  | { readonly kind: "limit-role"; readonly role: string; readonly connectionLimit: number }
  | {
      readonly kind: "set-search-path";
      readonly role: string;
      readonly searchPath: readonly string[];
    }
  | ({ readonly kind: "set-role-setting"; readonly role: string } & Setting)
  | ({ readonly kind: "set-database-setting"; readonly database: string } & Setting)
  | { readonly kind: "reset-role-setting"; readonly role: string; readonly name: string }
  | { readonly kind: "reset-database-setting"; readonly database: string; readonly name: string }
  | {
      readonly kind: "join";
      readonly role: string;
      readonly group: string;
      /** It may also give others the membership. Postgres 16 and newer: with options. */
      readonly admin?: { readonly withOptions: boolean };
    }
  | { readonly kind: "set-role"; readonly role: string; readonly group: string }
  | {
      readonly kind: "leave";
      readonly role: string;
      readonly group: string;
      /** Postgres 16 and newer: REVOKE revokes only what this role granted. */
      readonly grantor: string | undefined;
    }
  | { readonly kind: "join-admin"; readonly role: string; readonly withOptions: boolean }
  | {
      readonly kind: "create-database";
      readonly database: PlannedDatabase;
      /** Whether to say that the operating system orders texts, because the template has another provider. */
      readonly withLibc?: boolean;
    }
  | { readonly kind: "limit-database"; readonly database: string; readonly connectionLimit: number }
  | { readonly kind: "drop-database"; readonly database: string }
  | { readonly kind: "reassign-owned"; readonly role: string; readonly owner: string }
  | { readonly kind: "clear-password" | "drop-owned" | "drop-role"; readonly role: string }
  | {
      readonly kind: "create-schema";
      readonly database: string;
      readonly schema: string;
      readonly owner: string;
    }
  | {
      readonly kind: "create-extension";
      readonly database: string;
      readonly extension: ExtensionSpec;
      /** The role that creates and so owns it, and may update it; undefined = the session's. */
      readonly as: string | undefined;
    }
  | {
      readonly kind: "hand-over-functions";
      readonly database: string;
      readonly extension: string;
      readonly owner: string;
    }
  | {
      readonly kind: "update-extension";
      readonly database: string;
      readonly name: string;
      /** Live version. */
      readonly from: string;
      readonly version: string;
    }
  | {
      readonly kind: "create-publication";
      readonly database: string;
      readonly name: string;
      readonly tables: PublicationSpec["tables"];
      /** undefined = whoever makes it. Of a publication of all tables that is a superuser. */
      readonly owner: string | undefined;
    }
  | {
      readonly kind: "extend-publication";
      readonly database: string;
      readonly name: string;
      readonly tables: Exclude<PublicationSpec["tables"], "all">;
    }
  | ({ readonly kind: "grant" | "revoke"; readonly on: Securable } & PrivilegeChange)
  | ({
      readonly kind: "grant-default" | "revoke-default";
      readonly owner: string;
      /** null = every schema. */
      readonly schema: string | null;
      readonly type: ContentType | "schema";
    } & PrivilegeChange)
);

interface Setting {
  readonly name: string;
  readonly value: string;
}

interface PrivilegeChange {
  readonly privileges: readonly string[];
  readonly grantee: string;
}

/** What privileges are granted on. Several objects of one type go into one statement. */
export type Securable =
  | { readonly type: "database"; readonly database: string }
  | { readonly type: "schema"; readonly schema: string }
  | {
      readonly type: ContentType;
      readonly schema: string;
      readonly objects: readonly SecurableObject[];
    };

/** An object in a schema. Functions with the same name differ in `arguments`. */
export interface SecurableObject {
  readonly name: string;
  readonly arguments?: string | null | undefined;
}

/** One app does these actions for all apps. */
export function isAboutOwnershipRole({ kind }: Action): boolean {
  return kind === "create-ownership-role" || kind === "comment-ownership-role";
}

/** What an action does, for a person: `role admin_app gets SELECT on table public.games`. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case "create-ownership-role":
      return `ownership role ${action.role} is created`;
    case "comment-ownership-role":
      return `ownership role ${action.role} gets the comment: ${action.comment}`;
    case "create-role":
      return `role ${action.role.name} is created${action.canLogin ? "" : " with NOLOGIN"}`;
    case "set-password":
      return `role ${action.role} gets the password from 1Password`;
    case "clear-password":
      return `role ${action.role} loses its password`;
    case "set-attributes":
      return `role ${action.role} becomes ${action.attributes.join(" ")}`;
    case "limit-role":
      return `role ${action.role} gets connection limit ${String(action.connectionLimit)}`;
    case "set-search-path":
      return `role ${action.role} gets search_path ${action.searchPath.join(", ") || "(default)"}`;
    case "set-role-setting":
    case "set-database-setting":
    case "reset-role-setting":
    case "reset-database-setting":
      return describeSetting(action);
    case "join":
      return `role ${action.role} becomes a member of ${action.group}${action.admin === undefined ? "" : " and may make others one"}`;
    case "leave":
      return `role ${action.role} is no longer a member of ${action.group}${action.grantor === undefined ? "" : ` (granted by ${action.grantor})`}`;
    case "set-role":
      return `sessions of role ${action.role} start with SET ROLE ${action.group}`;
    case "join-admin":
      return `the admin becomes a member of role ${action.role}`;
    case "create-database":
      return `database ${action.database.name} is created${action.database.template === undefined ? "" : ` as a copy of ${action.database.template}`}`;
    case "limit-database":
      return `database ${action.database} gets connection limit ${String(action.connectionLimit)}`;
    case "drop-database":
      return `database ${action.database} is dropped`;
    case "reassign-owned":
      return `${action.owner} becomes owner of all that role ${action.role} owns in this database`;
    case "drop-owned":
      return `role ${action.role} loses its privileges in this database`;
    case "drop-role":
      return `role ${action.role} is dropped`;
    case "create-schema":
      return `schema ${action.schema} is created in database ${action.database}`;
    case "create-extension":
    case "update-extension":
    case "hand-over-functions":
      return describeExtension(action);
    case "create-publication":
    case "extend-publication":
      return describePublication(action);
    case "grant":
    case "revoke":
      return `${describePrivilegeChange(action.kind, action)} on ${describeSecurable(action.on)}`;
    case "grant-default":
    case "revoke-default":
      return `${describePrivilegeChange(action.kind, action)} on every ${action.type} that ${action.owner} will create${action.type === "schema" ? "" : ` in ${action.schema ?? "any schema"}`}`;
  }
}

function describeSetting(action: Extract<Action, { readonly kind: `${string}-setting` }>): string {
  const whose = "role" in action ? `role ${action.role}` : `database ${action.database}`;
  const change =
    "value" in action ? `gets ${action.name} = ${action.value}` : `loses its ${action.name}`;
  return `${whose} ${change}`;
}

function describePublication(
  action: Extract<Action, { readonly kind: `${string}-publication` }>,
): string {
  const { name, database } = action;
  if (action.kind === "create-publication") {
    return `publication ${name} is created in database ${database}`;
  }
  const tables = action.tables.map((table) => `${table.schema}.${table.name}`);
  return `publication ${name} in database ${database} gets ${listSome(tables)}`;
}

function describeExtension(
  action: Extract<Action, { readonly kind: `${string}-extension` | "hand-over-functions" }>,
): string {
  const { kind, database } = action;
  switch (kind) {
    case "create-extension": {
      const { extension, as } = action;
      const by = as === undefined ? "" : `, by ${as}`;
      return `extension ${extension.name} is created in schema ${extension.schema} of database ${database}${by}`;
    }
    case "update-extension":
      return `extension ${action.name} in database ${database} goes from version ${action.from} to ${action.version}`;
    case "hand-over-functions":
      return `${action.owner} becomes owner of the functions of extension ${action.extension} in database ${database}`;
  }
}

function describePrivilegeChange(kind: string, change: PrivilegeChange): string {
  const verb = kind.startsWith("grant") ? "gets" : "loses";
  const who = change.grantee === "public" ? "PUBLIC" : `role ${change.grantee}`;
  return `${who} ${verb} ${change.privileges.join(", ")}`;
}

/** An object, or the first few of many, for a person. */
export function describeSecurable(on: Securable): string {
  switch (on.type) {
    case "database":
      return `database ${on.database}`;
    case "schema":
      return `schema ${on.schema}`;
    case "table":
    case "sequence":
    case "function":
      return `${on.type} ${listSome(on.objects.map((object) => `${on.schema}.${object.name}${argumentsOf(object)}`))}`;
  }
}

/** The first few of many, and how many more there are. */
function listSome(names: readonly string[]): string {
  const shown = names.slice(0, 10);
  const more = names.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${String(more)} more`] : [])].join(", ");
}

/** `(integer)` for a function, empty for other objects. */
export function argumentsOf(object: SecurableObject): string {
  return typeof object.arguments === "string" ? `(${object.arguments})` : "";
}
