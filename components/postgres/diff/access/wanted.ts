import { contentTypes, type ObjectType } from "../../../config/privileges.ts";
import { privilegesAnywhere } from "../../plan/access.ts";
import type { FormerRole } from "../../plan/former-role.ts";
import { type DatabasePlan, PUBLIC } from "../../plan/plan.ts";

/** The privileges that one role must have on all objects of a type in a schema. An empty list revokes all. */
export interface WantedPrivileges {
  readonly path: string;
  readonly grantee: string;
  readonly type: Exclude<ObjectType, "database">;
  readonly schema: string;
  readonly privileges: readonly string[];
  /** Those on objects of these names instead. */
  readonly named?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Those on what the owner will create there. */
  readonly later: readonly string[];
}

/** The privileges that a role must have on one of these objects. */
export function wantedOn(
  { named, privileges }: Pick<WantedPrivileges, "named" | "privileges">,
  object: string,
): readonly string[] {
  return named?.get(object) ?? privileges;
}

const types = ["schema", ...contentTypes] as const;

/** All types, schemas and roles except the owner: privileges outside the plan are revoked. */
export function toWantedPrivileges(
  plan: DatabasePlan,
  formerRoles: readonly FormerRole[],
): WantedPrivileges[] {
  const placesIn = (schemas: Iterable<string>) =>
    types.flatMap((type) => [...schemas].map((schema) => ({ type, schema })));
  const gone = formerRoles.flatMap((former) =>
    placesIn(new Set([...plan.schemas, ...(former.schemas ?? [])])).map((place) => ({
      ...place,
      grantee: former.name,
      path: `roles.${former.key}`,
      privileges: [],
      later: [],
    })),
  );
  const grants = new Map(plan.grants.map((grant) => [toKey(grant.grantee, grant.on), grant]));
  const defaults = indexDefaults(plan);
  const planned = plan.roles
    .filter(({ name }) => name !== plan.database.owner)
    .flatMap(({ key, name }) =>
      placesIn(plan.schemas).map(({ type, schema }) => {
        const place = toKey(name, { type, schema });
        const { privileges = [], named } = grants.get(place) ?? {};
        const later = defaults.get(place) ?? [];
        const path = `roles.${key}.grants.${type}`;
        return { type, schema, grantee: name, path, privileges, named, later };
      }),
    );
  return [...gone, ...planned];
}

/** Privileges that a role has on what the owner will create, in whichever schema. */
export interface WantedEverywhere extends Pick<WantedPrivileges, "path" | "grantee" | "type"> {
  readonly privileges: readonly string[];
  /** It may have these as well, because it has them in each schema. */
  readonly allowed: readonly string[];
}

/** All types and roles except the owner. */
export function toWantedEverywhere(
  plan: DatabasePlan,
  formerRoles: readonly FormerRole[],
): WantedEverywhere[] {
  const gone = formerRoles.flatMap(({ key, name }) =>
    types.map((type) => ({
      type,
      grantee: name,
      path: `roles.${key}`,
      privileges: [],
      allowed: [],
    })),
  );
  const defaults = indexDefaults(plan);
  const planned = plan.roles
    .filter(({ name }) => name !== plan.database.owner)
    .flatMap((role) =>
      types.map((type) => ({
        type,
        grantee: role.name,
        path: `roles.${role.key}.grants.${type}`,
        privileges: defaults.get(toKey(role.name, { type, schema: null })) ?? [],
        allowed: privilegesAnywhere(role, type),
      })),
    );
  return [...gone, ...planned];
}

/** Privileges on what the owner will create, by place. */
function indexDefaults({ defaultPrivileges }: DatabasePlan) {
  return new Map(defaultPrivileges.map((one) => [toKey(one.grantee, one), one.privileges]));
}

function toKey(
  grantee: string,
  { type, schema = null }: { readonly type: ObjectType; readonly schema?: string | null },
): string {
  return JSON.stringify([grantee, type, schema]);
}

/** The same for the database itself, including PUBLIC if it is closed to PUBLIC. */
export function toWantedDatabasePrivileges(
  plan: DatabasePlan,
  formerRoles: readonly FormerRole[],
): Pick<WantedPrivileges, "path" | "grantee" | "privileges">[] {
  const keys = new Map(plan.roles.map(({ name, key }) => [name, key]));
  const planned = plan.grants
    .filter(({ on }) => on.type === "database")
    .map(({ grantee, privileges }) => ({
      grantee,
      privileges,
      path:
        grantee === PUBLIC
          ? "database.revokePublic"
          : `roles.${keys.get(grantee) ?? grantee}.grants.database`,
    }));
  const gone = formerRoles.map(({ key, name }) => ({
    grantee: name,
    privileges: [],
    path: `roles.${key}`,
  }));
  return [...planned, ...gone];
}
