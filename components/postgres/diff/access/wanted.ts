import { contentTypes, type ObjectType } from "../../../config/privileges.ts";
import type { FormerRole } from "../../plan/former-role.ts";
import { type DatabasePlan, PUBLIC } from "../../plan/plan.ts";

/** The privileges that one role must have on all objects of a type in a schema. An empty list revokes all. */
export interface WantedPrivileges {
  readonly path: string;
  readonly grantee: string;
  readonly type: Exclude<ObjectType, "database">;
  readonly schema: string;
  readonly privileges: readonly string[];
}

/** All types, schemas and roles except the owner: privileges outside the plan are revoked. */
export function toWantedPrivileges(
  plan: DatabasePlan,
  formerRoles: readonly FormerRole[],
): WantedPrivileges[] {
  const types = ["schema", ...contentTypes] as const;
  const placesIn = (schemas: Iterable<string>) =>
    types.flatMap((type) => [...schemas].map((schema) => ({ type, schema })));
  const gone = formerRoles.flatMap((former) =>
    placesIn(new Set([...plan.schemas, ...(former.schemas ?? [])])).map((place) => ({
      ...place,
      grantee: former.name,
      privileges: [],
      path: `roles.${former.key}`,
    })),
  );
  const planned = plan.roles
    .filter(({ name }) => name !== plan.database.owner)
    .flatMap(({ key, name }) =>
      placesIn(plan.schemas).map(({ type, schema }) => ({
        ...{ type, schema, grantee: name, path: `roles.${key}.grants.${type}` },
        privileges: plan.grants
          .filter(({ grantee, on }) => grantee === name && on.type === type && on.schema === schema)
          .flatMap(({ privileges }) => privileges),
      })),
    );
  return [...gone, ...planned];
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
      ...{ grantee, privileges },
      path:
        grantee === PUBLIC
          ? "database.revokePublic"
          : `roles.${keys.get(grantee) ?? grantee}.grants.database`,
    }));
  const gone = formerRoles.map(({ key, name }) => ({
    ...{ grantee: name, privileges: [] },
    path: `roles.${key}`,
  }));
  return [...planned, ...gone];
}
