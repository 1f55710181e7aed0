import { eachDatabase } from "../../config/databases.ts";
import { loginKey } from "../../config/derive/names.ts";
import type { RoleAccess } from "../../config/privileges.ts";
import type { SettingsByName } from "../../config/schema/postgres/settings.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import type {
  AppSpec,
  CreationSpec,
  ExtensionSpec,
  PublicationSpec,
  RoleSpec,
} from "../../config/spec.ts";
import { sortUnique } from "../../sort.ts";
import {
  type PlannedDefaultPrivileges,
  type PlannedGrant,
  PUBLIC_SCHEMA,
  planAccess,
  toRoleAccess,
} from "./access.ts";

export {
  type PlannedDefaultPrivileges,
  type PlannedGrant,
  PUBLIC,
  PUBLIC_SCHEMA,
} from "./access.ts";

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
  /** `tenant_*` stands for the owner's live schemas of this form, `*` for all, later ones too; undefined = none. */
  readonly patterns?: readonly string[] | undefined;
  /** In the order in which they are created. Live extensions that are not listed are ignored. */
  readonly extensions: readonly ExtensionSpec[];
  /** Live publications that are not listed are ignored; undefined = none. */
  readonly publications?: readonly PublicationSpec[] | undefined;
  /** In the order in which they are safe to apply. */
  readonly grants: readonly PlannedGrant[];
  readonly defaultPrivileges: readonly PlannedDefaultPrivileges[];
}

/** A role of the app. It is never a superuser and may never create roles or databases. An owner needs no grants. */
export interface PlannedRole extends RoleAccess {
  /** Part of logical names. */
  readonly key: string;
  readonly name: string;
  readonly profile: RoleSpec["profile"];
  /**
   * `always`: the role has its own credential. `external`: it has no password. `none`: it has NOLOGIN. `rotated`: one
   * of several roles logs in, and the item's `username` says which. Berth gives that one LOGIN and does not change
   * the others.
   */
  readonly login: "always" | "external" | "none" | "rotated";
  /** Role that its sessions SET ROLE to at login, so that role owns what they create; undefined = none. */
  readonly setRole: string | undefined;
  readonly connectionLimit: number;
  /** Berth leaves all others as they are. */
  readonly settings: SettingsByName;
  /** REPLICATION. It has no other attribute of this kind; undefined = nor this one. */
  readonly replication?: true | undefined;
  /** All memberships; Berth revokes any other. */
  readonly memberOf: readonly string[];
  readonly searchPath: readonly string[];
}

export interface PlannedDatabase extends CreationSpec {
  readonly name: string;
  /** All databases of the app, this one among them; undefined = the app has no other. */
  readonly names?: readonly string[] | undefined;
  readonly owner: string;
  readonly encoding: string;
  readonly connectionLimit: number;
  /** Roles of others whose objects and memberships are wanted; undefined = none. */
  readonly guests?: readonly string[] | undefined;
  /** Berth leaves all others as they are. */
  readonly settings: SettingsByName;
}

/**
 * A plan for each database of an app. All have the same roles, and the plan of the first makes them: for the others
 * they are there.
 */
export function planDatabases(
  app: AppSpec,
  postgres: PostgresSpec,
): readonly [DatabasePlan, ...DatabasePlan[]] {
  const [first, ...further] = eachDatabase(app);
  return [planDatabase(first, postgres), ...further.map((one) => planDatabase(one, postgres))];
}

/** Whether a database is not the first of its app. */
export function isFurther(of: {
  readonly database: Pick<PlannedDatabase, "name" | "names">;
}): boolean {
  const { name, names } = of.database;
  return names !== undefined && names[0] !== name;
}

/** Logical name of the resource that has a database. No app's name has a `/`. */
export function resourceName(plan: Pick<DatabasePlan, "app" | "database">): string {
  return isFurther(plan) ? `${plan.app}/${plan.database.name}` : plan.app;
}

/** The app of such a name. */
export function appOfResource(name: string): string {
  return name.split("/", 1)[0] ?? "";
}

export function planDatabase(app: AppSpec, postgres: PostgresSpec): DatabasePlan {
  const [owner] = app.roles;
  const { schemas, patterns, extensions, publications, revokePublic, ...database } = app.database;
  return completePlan(
    {
      app: app.name,
      adopt: app.adopt,
      roles: app.roles.flatMap((role) => planRole(role, postgres.ownershipRole)),
      database: { ...database, owner: owner.name },
      schemas: [PUBLIC_SCHEMA, ...schemas],
      patterns,
      extensions,
      publications,
    },
    revokePublic,
  );
}

/** Sorts the roles of a plan, and adds the grants that follow from them. */
export function completePlan(
  plan: Omit<DatabasePlan, "grants" | "defaultPrivileges">,
  isClosed: boolean,
): DatabasePlan {
  const { app, adopt, schemas, extensions } = plan;
  const ground = {
    roles: sortRoles(plan.roles),
    database: { ...toDatabase(plan.database), owner: plan.database.owner },
    schemas,
    ...toOptional(plan),
  };
  return { app, adopt, ...ground, extensions, ...planAccess(ground, isClosed) };
}

/** A database without its owner. What an entry need not state is there only if it does. */
export function toDatabase(
  database: Omit<PlannedDatabase, "owner">,
): Omit<PlannedDatabase, "owner"> {
  const { name, names = [], encoding, connectionLimit, settings, guests = [] } = database;
  const { template, collate, ctype, icuLocale } = database;
  const creation = Object.entries({ template, collate, ctype, icuLocale });
  return {
    name,
    ...(names.length < 2 ? {} : { names }),
    encoding,
    ...Object.fromEntries(creation.filter(([, value]) => value !== undefined)),
    connectionLimit,
    settings,
    ...(guests.length === 0 ? {} : { guests }),
  };
}

type Optional = Pick<DatabasePlan, "patterns" | "publications">;

/** These properties are there only if there is something in them. */
export function toOptional({ patterns = [], publications = [] }: Optional): Optional {
  return {
    ...(patterns.length === 0 ? {} : { patterns }),
    ...(publications.length === 0 ? {} : { publications }),
  };
}

/** As a property, which is there only if the role has it. */
export function toReplication({
  replication,
}: Pick<PlannedRole, "replication">): Pick<PlannedRole, "replication"> {
  return replication === true ? { replication } : {};
}

/** Each role after those that it is a member of, otherwise the owner first and the others by key. */
function sortRoles(roles: readonly PlannedRole[]): readonly PlannedRole[] {
  const seen = new Set<PlannedRole>();
  const visit = (role: PlannedRole): readonly PlannedRole[] => {
    if (seen.has(role)) return [];
    seen.add(role);
    return [...sorted.filter(({ name }) => role.memberOf.includes(name)).flatMap(visit), role];
  };
  const sorted = roles.toSorted((a, b) => {
    if (a.key === "owner") return -1;
    return b.key === "owner" || a.key > b.key ? 1 : -1;
  });
  return sorted.flatMap(visit);
}

function planRole(role: RoleSpec, ownershipRole: string): PlannedRole[] {
  const { key, name, profile, connectionLimit, searchPath, parameters, logins } = role;
  const memberOf = toMemberships(role.memberOf, ownershipRole);
  const access = toRoleAccess(role);
  // Nobody has it as a member of a role.
  const replication = toReplication(role);
  const shared = { profile, connectionLimit, searchPath, settings: parameters, ...access };
  if (logins === undefined) {
    const login = role.login === "password" ? "always" : role.login;
    return [{ key, name, ...shared, ...replication, login, setRole: undefined, memberOf }];
  }
  return [
    // The app may have logged in as the owner so far, so the owner keeps these settings.
    { key, name, ...shared, login: "rotated", setRole: undefined, memberOf },
    ...logins.map(
      (login, index): PlannedRole => ({
        key: loginKey(key, index),
        name: login,
        ...shared,
        ...replication,
        login: "rotated",
        setRole: name,
        memberOf: toMemberships([name], ownershipRole),
      }),
    ),
  ];
}

export function hasNoPassword({ login }: { login?: PlannedRole["login"] | undefined }): boolean {
  return login === "external" || login === "none";
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
  return sortUnique([...groups, ownershipRole]);
}
