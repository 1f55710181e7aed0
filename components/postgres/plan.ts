import type { AppSpec, PostgresSpec, RoleSpec } from "../config/spec.ts";

/**
 * What Postgres shall look like for one app: plain values, sorted, with nothing about who brings them
 * about. The provisioner makes resources of it, `verify` makes expectations of it.
 */
export interface DatabasePlan {
  readonly app: string;
  readonly adopt: boolean;
  readonly roles: readonly PlannedRole[];
  readonly database: PlannedDatabase;
  /** In the order in which they are safe to apply. */
  readonly grants: readonly PlannedGrant[];
  readonly defaultPrivileges: readonly PlannedDefaultPrivileges[];
}

/** A login role. It is never a superuser and may never create roles or databases. */
export interface PlannedRole {
  /** Part of logical names. */
  readonly key: string;
  readonly name: string;
  readonly profile: RoleSpec["profile"];
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
    | { readonly type: "table" | "sequence"; readonly schema: string };
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
  readonly type: "table" | "sequence";
  readonly privileges: readonly string[];
}

/** Privileges of the profiles that own nothing, by object type. */
const profiles = {
  readwrite: {
    table: ["DELETE", "INSERT", "SELECT", "UPDATE"],
    sequence: ["SELECT", "USAGE"],
  },
  readonly: {
    table: ["SELECT"],
    sequence: ["SELECT"],
  },
} as const;

const schema = "public";

/** The plan of an app. */
export function planDatabase(app: AppSpec, postgres: PostgresSpec): DatabasePlan {
  const [owner, ...others] = app.roles;
  return {
    app: app.name,
    adopt: app.adopt,
    roles: app.roles.map((role) => planRole(role, postgres.markerRole)),
    database: {
      name: app.database.name,
      owner: owner.name,
      encoding: app.database.encoding,
      connectionLimit: app.database.connectionLimit,
    },
    grants: [
      ...(app.database.revokePublic ? [revokePublic] : []),
      ...others.flatMap((role) => planGrants(role)),
    ],
    defaultPrivileges: others.flatMap((role) => planDefaultPrivileges(role, owner.name)),
  };
}

function planRole(role: RoleSpec, markerRole: string): PlannedRole {
  return {
    key: role.key,
    name: role.name,
    profile: role.profile,
    connectionLimit: role.connectionLimit,
    memberOf: [...new Set([...role.memberOf, markerRole])].toSorted(),
    searchPath: role.searchPath,
  };
}

/** The owner keeps CONNECT, CREATE and TEMPORARY: they are its own, not PUBLIC's. */
const revokePublic: PlannedGrant = {
  key: "public",
  grantee: PUBLIC,
  on: { type: "database" },
  privileges: [],
};

function planGrants(role: RoleSpec): PlannedGrant[] {
  const privileges = privilegesOf(role);
  const grant = (on: PlannedGrant["on"], list: readonly string[]): PlannedGrant => ({
    key: `${role.key}-${on.type}`,
    grantee: role.name,
    on,
    privileges: list,
  });
  return [
    grant({ type: "database" }, ["CONNECT"]),
    grant({ type: "schema", schema }, ["USAGE"]),
    grant({ type: "table", schema }, privileges.table),
    grant({ type: "sequence", schema }, privileges.sequence),
  ];
}

function planDefaultPrivileges(role: RoleSpec, owner: string): PlannedDefaultPrivileges[] {
  const privileges = privilegesOf(role);
  return (["table", "sequence"] as const).map((type) => ({
    key: `${role.key}-${type}`,
    owner,
    grantee: role.name,
    schema,
    type,
    privileges: privileges[type],
  }));
}

function privilegesOf(role: RoleSpec): {
  readonly table: readonly string[];
  readonly sequence: readonly string[];
} {
  if (role.profile === "owner") throw new Error(`role ${role.name}: an owner needs no grants`);
  return profiles[role.profile];
}
