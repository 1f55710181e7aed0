import type { ContentType } from "../../config/privileges.ts";
import type { ExtensionSpec, PublicationSpec } from "../../config/spec.ts";
import type { PlannedDatabase, PlannedRole } from "../plan/plan.ts";

/** A change, with the property of the app that needs it, for previews and errors. */
export type Action = { readonly path: string } & Change;

/** One change on the server. `toStatement` turns it into SQL. */
export type Change =
  | { readonly kind: "create-ownership-role"; readonly role: string }
  | { readonly kind: "comment-ownership-role"; readonly role: string; readonly comment: string }
  | { readonly kind: "create-role"; readonly role: PlannedRole; readonly canLogin: boolean }
  | { readonly kind: "set-password"; readonly role: string; readonly key: string }
  | {
      readonly kind: "set-attributes";
      readonly role: string;
      readonly attributes: readonly string[];
    }
  | ({ readonly kind: "limit-connections"; readonly connectionLimit: number } & Altered)
  | {
      readonly kind: "set-search-path";
      readonly role: string;
      readonly searchPath: readonly string[];
    }
  | ({ readonly kind: "set-setting"; readonly name: string; readonly value: string } & Altered)
  | ({ readonly kind: "reset-setting"; readonly name: string } & Altered)
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
    } & PrivilegeChange);

export type ChangeOf<K extends Change["kind"]> = Change & { readonly kind: K };

export type Altered = { readonly role: string } | { readonly database: string };

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
export function isAboutOwnershipRole({ kind }: Change): boolean {
  return kind === "create-ownership-role" || kind === "comment-ownership-role";
}

/** What it does, for a person: `role admin_app gets SELECT on table public.games`. */
export function describeAction(change: Change): string {
  // The compiler cannot see that both are of the same kind.
  const describe = descriptions[change.kind] as (change: Change) => string;
  return describe(change);
}

const descriptions: { readonly [K in Change["kind"]]: (change: ChangeOf<K>) => string } = {
  "create-ownership-role": ({ role }) => `ownership role ${role} is created`,
  "comment-ownership-role": ({ role, comment }) =>
    `ownership role ${role} gets the comment: ${comment}`,
  "create-role": ({ role, canLogin }) =>
    `role ${role.name} is created${canLogin ? "" : " with NOLOGIN"}`,
  "set-password": ({ role }) => `role ${role} gets the password from 1Password`,
  "clear-password": ({ role }) => `role ${role} loses its password`,
  "set-attributes": ({ role, attributes }) => `role ${role} becomes ${attributes.join(" ")}`,
  "limit-connections": ({ connectionLimit, ...on }) =>
    `${describeAltered(on)} gets connection limit ${String(connectionLimit)}`,
  "set-search-path": ({ role, searchPath }) =>
    `role ${role} gets search_path ${showSearchPath(searchPath)}`,
  "set-setting": ({ name, value, ...on }) => `${describeAltered(on)} gets ${name} = ${value}`,
  "reset-setting": ({ name, ...on }) => `${describeAltered(on)} loses its ${name}`,
  join: ({ role, group, admin }) =>
    `role ${role} becomes a member of ${group}${admin === undefined ? "" : " and may make others one"}`,
  leave: ({ role, group, grantor }) =>
    `role ${role} is no longer a member of ${group}${grantor === undefined ? "" : ` (granted by ${grantor})`}`,
  "set-role": ({ role, group }) => `sessions of role ${role} start with SET ROLE ${group}`,
  "join-admin": ({ role }) => `the admin becomes a member of role ${role}`,
  "create-database": ({ database: { name, template } }) =>
    `database ${name} is created${template === undefined ? "" : ` as a copy of ${template}`}`,
  "drop-database": ({ database }) => `database ${database} is dropped`,
  "reassign-owned": ({ role, owner }) =>
    `${owner} becomes owner of all that role ${role} owns in this database`,
  "drop-owned": ({ role }) => `role ${role} loses its privileges in this database`,
  "drop-role": ({ role }) => `role ${role} is dropped`,
  "create-schema": ({ schema, database }) => `schema ${schema} is created in database ${database}`,
  "create-extension": ({ extension: { name, schema }, database, as }) =>
    `extension ${name} is created in schema ${schema} of database ${database}${as === undefined ? "" : `, by ${as}`}`,
  "update-extension": ({ name, database, from, version }) =>
    `extension ${name} in database ${database} goes from version ${from} to ${version}`,
  "hand-over-functions": ({ owner, extension, database }) =>
    `${owner} becomes owner of the functions of extension ${extension} in database ${database}`,
  "create-publication": ({ name, database }) =>
    `publication ${name} is created in database ${database}`,
  "extend-publication": ({ name, database, tables }) =>
    `publication ${name} in database ${database} gets ${listSome(tables.map((table) => `${table.schema}.${table.name}`))}`,
  grant: (grant) => `${describeGrant("gets", grant)} on ${describeSecurable(grant.on)}`,
  revoke: (grant) => `${describeGrant("loses", grant)} on ${describeSecurable(grant.on)}`,
  "grant-default": (grant) => `${describeGrant("gets", grant)} ${describeFuture(grant)}`,
  "revoke-default": (grant) => `${describeGrant("loses", grant)} ${describeFuture(grant)}`,
};

function describeAltered(on: Altered): string {
  return "role" in on ? `role ${on.role}` : `database ${on.database}`;
}

function describeGrant(verb: string, { grantee, privileges }: PrivilegeChange): string {
  const who = grantee === "public" ? "PUBLIC" : `role ${grantee}`;
  return `${who} ${verb} ${privileges.join(", ")}`;
}

function describeFuture(grant: ChangeOf<"grant-default" | "revoke-default">): string {
  const where = grant.type === "schema" ? "" : ` in ${grant.schema ?? "any schema"}`;
  return `on every ${grant.type} that ${grant.owner} will create${where}`;
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

/** A search_path for a message. */
export function showSearchPath(searchPath: readonly string[]): string {
  const shown = searchPath.map((part) => (/^$|,/.test(part) ? JSON.stringify(part) : part));
  return shown.join(", ") || "(default)";
}
