import {
  type ContentType,
  contentTypes,
  EVERY_SCHEMA,
  type Grants,
  matchesPattern,
  objectTypes,
  type RoleAccess,
} from "../../config/privileges.ts";
import { joinGrants } from "../../config/schema/postgres/privileges.ts";
import type { RoleSpec } from "../../config/spec.ts";
import { compareText } from "../../sort.ts";

/** What a role may do, as data, and the grants that follow from it. */

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
  /** Those on objects of these names instead; undefined = no object differs. */
  readonly named?: ReadonlyMap<string, readonly string[]> | undefined;
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
  /** null = every schema. */
  readonly schema: string | null;
  readonly type: ContentType | "schema";
  readonly privileges: readonly string[];
}

/** Every database has it, from template0. */
export const PUBLIC_SCHEMA = "public";

/** Revokes all from PUBLIC on the database. The owner keeps CONNECT, CREATE and TEMPORARY as the owner. */
const closedToPublic: PlannedGrant = {
  key: "public",
  grantee: PUBLIC,
  on: { type: "database" },
  privileges: [],
};

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

/** A profile is privileges in each schema. A role enters the schemas that it has something in. */
export function toRoleAccess(
  role: Pick<RoleSpec, "profile" | "privileges" | "scoped" | "except">,
): RoleAccess {
  if (role.profile === "owner") return { grants: {} };
  const { privileges, scoped, except } = role;
  const everywhere = joinGrants(profiles[role.profile], privileges);
  const isNowhere = objectTypes.every((type) => type === "database" || !everywhere[type]);
  const isPart = scoped.length > 0 && scoped.every(({ schema }) => schema !== undefined);
  const { database = [], schema = [] } = entrance;
  const enter: Grants = isNowhere && isPart ? { database } : entrance;
  return toAccess({
    grants: joinGrants(enter, everywhere),
    scoped: scoped.map((one) =>
      one.schema === undefined || one.name !== undefined
        ? one
        : { ...one, grants: joinGrants({ schema }, one.grants) },
    ),
    except,
  });
}

/** Without empty lists. */
export function toAccess({ grants, scoped = [], except = [] }: RoleAccess): RoleAccess {
  return {
    grants,
    ...(scoped.length === 0 ? {} : { scoped }),
    ...(except.length === 0 ? {} : { except }),
  };
}

type Grantee = RoleAccess & Pick<RoleSpec, "key" | "name" | "profile">;

interface Ground {
  readonly roles: readonly Grantee[];
  readonly database: { readonly owner: string };
  readonly schemas: readonly string[];
  readonly patterns?: readonly string[] | undefined;
}

interface Access {
  /** In the order in which they are safe to apply. */
  readonly grants: readonly PlannedGrant[];
  readonly defaultPrivileges: readonly PlannedDefaultPrivileges[];
}

export function planAccess(ground: Ground, isClosed: boolean): Access {
  const others = ground.roles
    .filter(({ profile }) => profile !== "owner")
    .toSorted((a, b) => compareText(a.key, b.key));
  return {
    grants: [
      ...(isClosed ? [closedToPublic] : []),
      ...others.flatMap((role) => planGrants(role, ground.schemas)),
    ],
    defaultPrivileges: others.flatMap((role) => planDefaultPrivileges(role, ground)),
  };
}

/** The plan with these further schemas, which its patterns stand for and its owner has. */
export function withSchemas<T extends Ground & Access>(plan: T, schemas: readonly string[]): T {
  if (schemas.length === 0) return plan;
  const whole = { ...plan, schemas: [...plan.schemas, ...schemas] };
  return { ...whole, ...planAccess(whole, isClosedToPublic(plan)) };
}

/** Whether a plan revokes all from PUBLIC on the database. */
export function isClosedToPublic({ grants }: Pick<Access, "grants">): boolean {
  return grants.some(({ grantee }) => grantee === PUBLIC);
}

export function isInPattern({ patterns = [] }: Pick<Ground, "patterns">, schema: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, schema));
}

/** Whether the plan is for every schema that its owner has or will have. */
export function isForEverySchema({ patterns = [] }: Pick<Ground, "patterns">): boolean {
  return patterns.includes(EVERY_SCHEMA);
}

function planGrants(role: Grantee, schemas: readonly string[]): PlannedGrant[] {
  return objectTypes.flatMap((type): PlannedGrant[] => {
    if (type === "database") {
      const privileges = role.grants.database ?? [];
      if (privileges.length === 0) return [];
      return [{ key: `${role.key}-database`, grantee: role.name, privileges, on: { type } }];
    }
    return schemas.flatMap((schema) => {
      const found = privilegesIn(role, type, schema);
      if (found.privileges.length === 0 && found.named === undefined) return [];
      const key = toKey(role.key, type, schema);
      return [{ key, grantee: role.name, ...found, on: { type, schema } }];
    });
  });
}

/** Privileges of a role on all objects of a type in a schema, and on those of some names. */
function privilegesIn(
  { grants, scoped = [], except = [] }: RoleAccess,
  type: ContentType | "schema",
  schema: string,
): Pick<PlannedGrant, "privileges" | "named"> {
  const isHere = (one: { readonly schema?: string | undefined }): boolean =>
    one.schema === undefined || one.schema === schema;
  const here = [{ name: undefined, grants }, ...scoped.filter(isHere)];
  const on = (object?: string): readonly string[] => {
    const all = here.filter(({ name }) => name === undefined || name === object);
    return all.map((one) => one.grants).reduce(joinGrants, {})[type] ?? [];
  };
  const privileges = on();
  if (type === "schema") return { privileges };
  const none = new Set(except.filter(isHere).map(({ name }) => name));
  const names = new Set([...here.flatMap(({ name }) => name ?? []), ...none]);
  const named = [...names]
    .toSorted()
    .map((name) => [name, none.has(name) ? [] : on(name)] as const)
    .filter(([, list]) => list.join() !== privileges.join());
  return { privileges, ...(named.length === 0 ? {} : { named: new Map(named) }) };
}

/** Whether a role has MAINTAIN on some table, which needs Postgres 17. */
export function hasMaintain({ grants, scoped = [] }: RoleAccess): boolean {
  return [grants, ...scoped.map((one) => one.grants)].some((one) =>
    one.table?.includes("MAINTAIN"),
  );
}

/** Privileges that hold whatever a schema or an object in it is called. */
export function privilegesAnywhere(
  { grants, except = [] }: RoleAccess,
  type: ContentType | "schema",
): readonly string[] {
  return type !== "schema" && except.length > 0 ? [] : (grants[type] ?? []);
}

/** Those that every object gets, whatever its name, since Postgres asks for no name. */
function planDefaultPrivileges(role: Grantee, ground: Ground): PlannedDefaultPrivileges[] {
  const { owner } = ground.database;
  const toDefault = (
    type: ContentType | "schema",
    schema: string | null,
    privileges: readonly string[],
  ): PlannedDefaultPrivileges[] => {
    if (privileges.length === 0) return [];
    const key = toKey(role.key, type, schema ?? "*");
    return [{ key, owner, grantee: role.name, schema, type, privileges }];
  };
  const inSchemas = contentTypes.flatMap((type) =>
    ground.schemas.flatMap((schema) => {
      const { privileges, named = new Map<string, string[]>() } = privilegesIn(role, type, schema);
      const later = privileges.filter((one) =>
        [...named.values()].every((list) => list.includes(one)),
      );
      return toDefault(type, schema, later);
    }),
  );
  if (!isForEverySchema(ground)) return inSchemas;
  const types = ["schema", ...contentTypes] as const;
  return [
    ...inSchemas,
    ...types.flatMap((type) => toDefault(type, null, privilegesAnywhere(role, type))),
  ];
}

/** Unique, because neither a role's key nor a schema can have a dot. */
function toKey(role: string, type: string, schema: string): string {
  return `${role}-${type}${schema === PUBLIC_SCHEMA ? "" : `.${schema}`}`;
}
