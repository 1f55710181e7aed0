import { loginKey } from "../../config/derive/names.ts";
import {
  type ContentType,
  contentTypes,
  type Grants,
  objectTypes,
} from "../../config/privileges.ts";
import { joinGrants } from "../../config/schema/database.ts";
import type { SettingsByName } from "../../config/schema/settings.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import type { AppSpec, ExtensionSpec, RoleSpec } from "../../config/spec.ts";

/**
 * The wanted state of Postgres for one app, as plain sorted values, independent of the provisioner.
 * `verify` checks against the same plan.
 */
export interface DatabasePlan {
  readonly app: string;
  readonly adopt: boolean;
  readonly roles: readonly PlannedRole[];
  readonly database: PlannedDatabase;
  /** `public` first, then the app's other schemas. Live schemas that are not listed are ignored. */
  readonly schemas: readonly string[];
  /** In the order in which they are created. Live extensions that are not listed are ignored. */
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
   * `always`: the role has its own credential. `external`: it has no password. `rotated`: one of several roles logs
   * in, and the item's `username` says which. Berth gives that one LOGIN and does not change the others.
   */
  readonly login: "always" | "external" | "rotated";
  /** Role that its sessions SET ROLE to at login, so that role owns what they create; undefined = none. */
  readonly setRole: string | undefined;
  readonly connectionLimit: number;
  /** Berth leaves all others as they are. */
  readonly settings: SettingsByName;
  /** All memberships; Berth revokes any other. */
  readonly memberOf: readonly string[];
  readonly searchPath: readonly string[];
}

/** The app's database. */
export interface PlannedDatabase {
  readonly name: string;
  readonly owner: string;
  readonly encoding: string;
  readonly connectionLimit: number;
  /** Roles of others whose objects and memberships are wanted; undefined = none. */
  readonly guests?: readonly string[];
  /** Berth leaves all others as they are. */
  readonly settings: SettingsByName;
}

/** The grantee that means every role. */
export const PUBLIC = "public";

/** The privileges that a grantee has on all objects of a type. An empty list revokes all. */
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
 * Privileges on objects that `owner` will create. The owner is always named: without `FOR ROLE` they would
 * hold only for what the admin role creates.
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

/** Every database has it, from template0. */
export const PUBLIC_SCHEMA = "public";

/** Without these a role cannot use any other privilege. */
export const entrance: Grants = { database: ["CONNECT"], schema: ["USAGE"] };

/** Privileges of the profiles without ownership, in addition to `entrance`. */
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
    roles: sortRoles(app.roles.flatMap((role) => planRole(role, postgres.ownershipRole))),
    database: {
      name: app.database.name,
      owner: owner.name,
      encoding: app.database.encoding,
      connectionLimit: app.database.connectionLimit,
      settings: app.database.settings,
      ...toGuests(app.database.guests),
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

/** As a property, which is there only if there are guests. */
export function toGuests(guests: readonly string[] = []): Pick<PlannedDatabase, "guests"> {
  return guests.length === 0 ? {} : { guests };
}

/** Each role after those that it is a member of, otherwise the owner first and the others by key. */
export function sortRoles(roles: readonly PlannedRole[]): readonly PlannedRole[] {
  const seen = new Set<PlannedRole>();
  const visit = (role: PlannedRole): readonly PlannedRole[] => {
    if (seen.has(role)) return [];
    seen.add(role);
    return [...sorted.filter(({ name }) => role.memberOf.includes(name)).flatMap(visit), role];
  };
  const sorted = roles.toSorted(compareRoles);
  return sorted.flatMap(visit);
}

function compareRoles(a: PlannedRole, b: PlannedRole): number {
  if (a.key === "owner") return -1;
  return b.key === "owner" || a.key > b.key ? 1 : -1;
}

function planRole(role: RoleSpec, ownershipRole: string): PlannedRole[] {
  const { key, name, profile, connectionLimit, searchPath, parameters, logins } = role;
  const memberOf = toMemberships(role.memberOf, ownershipRole);
  const shared = { profile, connectionLimit, searchPath, settings: parameters };
  if (logins === undefined) {
    const login = role.login === "password" ? "always" : "external";
    return [{ key, name, ...shared, login, setRole: undefined, memberOf }];
  }
  return [
    // The app may have logged in as the owner so far, so the owner keeps these settings.
    { key, name, ...shared, login: "rotated", setRole: undefined, memberOf },
    ...logins.map(
      (login, index): PlannedRole => ({
        ...{ key: loginKey(key, index), name: login, ...shared, login: "rotated", setRole: name },
        memberOf: toMemberships([name], ownershipRole),
      }),
    ),
  ];
}

/** Whether Vault makes the owner's logins. The plan then has none. */
export function hasVaultLogins({ roles }: Pick<DatabasePlan, "roles">): boolean {
  return roles.some(isGroupRole) && roles.every(({ setRole }) => setRole === undefined);
}

/** Whether a role is an owner that does not log in: its logins SET ROLE to it. */
export function isGroupRole({ login, setRole }: Pick<PlannedRole, "login" | "setRole">): boolean {
  return login === "rotated" && setRole === undefined;
}

/** Memberships of a role, with the ownership role, sorted. */
export function toMemberships(groups: readonly string[], ownershipRole: string): string[] {
  return [...new Set([...groups, ownershipRole])].toSorted();
}

/** Revokes all from PUBLIC on the database. The owner keeps CONNECT, CREATE and TEMPORARY as the owner. */
export const closedToPublic: PlannedGrant = {
  key: "public",
  grantee: PUBLIC,
  on: { type: "database" },
  privileges: [],
};

/** The grants of a role, by type of object. */
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

/** The default privileges of a role, for objects that the owner will create. */
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

/** Unique, because neither a role's key nor a schema can have a dot. */
function toKey(role: string, type: string, schema: string): string {
  return `${role}-${type}${schema === PUBLIC_SCHEMA ? "" : `.${schema}`}`;
}

function privilegesOf(role: RoleSpec): Grants {
  if (role.profile === "owner") throw new Error(`role ${role.name}: an owner needs no grants`);
  return joinGrants(entrance, joinGrants(profiles[role.profile], role.privileges));
}
