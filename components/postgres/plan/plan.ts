import { loginKey } from "../../config/derive/names.ts";
import {
  type ContentType,
  contentTypes,
  type Grants,
  objectTypes,
} from "../../config/privileges.ts";
import { joinGrants } from "../../config/schema/database.ts";
import type { AppSpec, ExtensionSpec, PostgresSpec, RoleSpec } from "../../config/spec.ts";

/**
 * What Postgres shall look like for one app: plain values, sorted, with nothing about who brings them
 * about. The provisioner makes resources of it, `verify` makes expectations of it.
 */
export interface DatabasePlan {
  readonly app: string;
  readonly adopt: boolean;
  readonly roles: readonly PlannedRole[];
  readonly database: PlannedDatabase;
  /** `public` and those that the owner is given besides. One that is there and not listed is let be. */
  readonly schemas: readonly string[];
  /** In the order in which they are made. One that is there and not listed is let be. */
  readonly extensions: readonly ExtensionSpec[];
  /** In the order in which they are safe to apply. */
  readonly grants: readonly PlannedGrant[];
  readonly defaultPrivileges: readonly PlannedDefaultPrivileges[];
}

/** A role of the app. It is never a superuser and may never create roles or databases. */
export interface PlannedRole {
  /** Part of logical names. */
  readonly key: string;
  readonly name: string;
  readonly profile: RoleSpec["profile"];
  /**
   * `always`: it has a credential of its own. `in-turn`: of several roles the item's `username` says
   * which one logs in; Berth makes that one able to, and leaves the others as they are.
   */
  readonly login: "always" | "in-turn";
  /** Role that its sessions have from login on, so that all they make belongs to it; undefined = itself. */
  readonly actsAs: string | undefined;
  readonly connectionLimit: number;
  /** Complete: a membership that is not listed here is taken away. */
  readonly memberOf: readonly string[];
  readonly searchPath: readonly string[];
}

/** The app's database, made from template0 so that no session in template1 can block it. */
export interface PlannedDatabase {
  readonly name: string;
  readonly owner: string;
  readonly encoding: string;
  readonly connectionLimit: number;
}

/** The grantee that stands for every role. */
export const PUBLIC = "public";

/** Exactly these privileges of a grantee on one kind of object; none = all are taken away. */
export interface PlannedGrant {
  /** Part of logical names. */
  readonly key: string;
  readonly grantee: string;
  readonly on:
    | { readonly type: "database" }
    | { readonly type: "schema"; readonly schema: string }
    | { readonly type: ContentType; readonly schema: string };
  readonly privileges: readonly string[];
}

/**
 * Privileges on objects that `owner` will create. Always for a named owner: without `FOR ROLE` they
 * would cover only what the admin role creates.
 *
 * @see https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
 */
export interface PlannedDefaultPrivileges {
  readonly key: string;
  readonly owner: string;
  readonly grantee: string;
  readonly schema: string;
  readonly type: ContentType;
  readonly privileges: readonly string[];
}

/** Every app has it, from template0. */
export const PUBLIC_SCHEMA = "public";

/** Without these a role gets nowhere, whatever else it is given. */
export const entrance: Grants = { database: ["CONNECT"], schema: ["USAGE"] };

/** Privileges of the profiles that own nothing, by object type, on top of `entrance`. */
export const profiles: Readonly<Record<Exclude<RoleSpec["profile"], "owner">, Grants>> = {
  readwrite: {
    table: ["DELETE", "INSERT", "SELECT", "UPDATE"],
    sequence: ["SELECT", "USAGE"],
  },
  readonly: {
    table: ["SELECT"],
    sequence: ["SELECT"],
  },
  custom: {},
};

/** The plan of an app. */
export function planDatabase(app: AppSpec, postgres: PostgresSpec): DatabasePlan {
  const [owner, ...others] = app.roles;
  const schemas = [PUBLIC_SCHEMA, ...app.database.schemas];
  return {
    app: app.name,
    adopt: app.adopt,
    roles: [
      ...planRole(owner, postgres.ownershipRole),
      ...others.flatMap((role) => planRole(role, postgres.ownershipRole)),
    ].toSorted(compareRoles),
    database: {
      name: app.database.name,
      owner: owner.name,
      encoding: app.database.encoding,
      connectionLimit: app.database.connectionLimit,
    },
    schemas,
    extensions: app.database.extensions,
    grants: [
      ...(app.database.revokePublic ? [closedToPublic] : []),
      ...others.flatMap((role) => planGrants(role, privilegesOf(role), schemas)),
    ],
    defaultPrivileges: others.flatMap((role) =>
      planDefaultPrivileges(role, privilegesOf(role), { owner: owner.name, schemas }),
    ),
  };
}

/** The owner first, since the others may be its members. */
export function compareRoles(a: { readonly key: string }, b: { readonly key: string }): number {
  if (a.key === "owner") return -1;
  return b.key === "owner" || a.key > b.key ? 1 : -1;
}

function planRole(role: RoleSpec, ownershipRole: string): PlannedRole[] {
  const { key, name, profile, connectionLimit, searchPath, logins } = role;
  const memberOf = toMemberships(role.memberOf, ownershipRole);
  const shared = { profile, connectionLimit, searchPath };
  if (logins === undefined) {
    return [{ key, name, ...shared, login: "always", actsAs: undefined, memberOf }];
  }
  return [
    // It may be what the app logs in as until now, so it keeps its settings.
    { key, name, ...shared, login: "in-turn", actsAs: undefined, memberOf },
    ...logins.map(
      (login, index): PlannedRole => ({
        ...{ key: loginKey(key, index), name: login, ...shared, login: "in-turn", actsAs: name },
        memberOf: toMemberships([name], ownershipRole),
      }),
    ),
  ];
}

/** Whether Vault makes the logins of the owner, which then has none that Berth knows of. */
export function hasLoginsOfVault({ roles }: Pick<DatabasePlan, "roles">): boolean {
  return roles.some(isGroup) && roles.every(({ actsAs }) => actsAs === undefined);
}

/** An owner that others act as. */
export function isGroup({ login, actsAs }: Pick<PlannedRole, "login" | "actsAs">): boolean {
  return login === "in-turn" && actsAs === undefined;
}

/** Sorted, with the stack's mark. */
export function toMemberships(groups: readonly string[], ownershipRole: string): string[] {
  return [...new Set([...groups, ownershipRole])].toSorted();
}

/** The owner keeps CONNECT, CREATE and TEMPORARY: they are its own, not PUBLIC's. */
export const closedToPublic: PlannedGrant = {
  key: "public",
  grantee: PUBLIC,
  on: { type: "database" },
  privileges: [],
};

/** What a role may do, type by type; what is not in it the role may not do. */
export function planGrants(
  role: Pick<RoleSpec, "key" | "name">,
  grants: Grants,
  schemas: readonly string[],
): PlannedGrant[] {
  return objectTypes.flatMap((type): PlannedGrant[] => {
    const common = { grantee: role.name, privileges: grants[type] ?? [] };
    if (common.privileges.length === 0) return [];
    if (type === "database") return [{ key: `${role.key}-database`, ...common, on: { type } }];
    return schemas.map((schema) => ({
      key: toKey(role.key, type, schema),
      ...common,
      on: { type, schema },
    }));
  });
}

/** The same on what the owner will make. */
export function planDefaultPrivileges(
  role: Pick<RoleSpec, "key" | "name">,
  grants: Grants,
  { owner, schemas }: { readonly owner: string; readonly schemas: readonly string[] },
): PlannedDefaultPrivileges[] {
  return contentTypes.flatMap((type) => {
    const common = { owner, grantee: role.name, type, privileges: grants[type] ?? [] };
    if (common.privileges.length === 0) return [];
    return schemas.map((schema) => ({ key: toKey(role.key, type, schema), ...common, schema }));
  });
}

/** Neither a role's key nor a schema can hold the dot, so that no two come out the same. */
function toKey(role: string, type: string, schema: string): string {
  return `${role}-${type}${schema === PUBLIC_SCHEMA ? "" : `.${schema}`}`;
}

function privilegesOf(role: RoleSpec): Grants {
  if (role.profile === "owner") throw new Error(`role ${role.name}: an owner needs no grants`);
  return joinGrants(entrance, joinGrants(profiles[role.profile], role.privileges));
}
