import type { Grants } from "../../config/privileges.ts";
import type { ReclaimPolicy } from "../../config/spec.ts";
import { byKey } from "../../sort.ts";
import type { AppDatabaseState, RoleState } from "./app-properties.ts";
import {
  closedToPublic,
  type DatabasePlan,
  type PlannedRole,
  PUBLIC,
  planDefaultPrivileges,
  planGrants,
  sortRoles,
  toGuests,
  toMemberships,
} from "./plan.ts";

/** From the plan to the resource. */
export function toState(
  plan: DatabasePlan,
  ownershipRole: string,
  reclaimPolicy: ReclaimPolicy,
): AppDatabaseState {
  const { name, encoding, connectionLimit, settings, guests } = plan.database;
  const revokePublic = plan.grants.some((grant) => grant.grantee === PUBLIC);
  return {
    app: plan.app,
    adopt: plan.adopt,
    reclaimPolicy,
    database: { name, encoding, connectionLimit, revokePublic, settings, ...toGuests(guests) },
    roles: Object.fromEntries(
      plan.roles.map((role) => [
        role.key,
        {
          name: role.name,
          profile: role.profile,
          ...(role.login === "always" ? {} : { login: role.login }),
          ...(role.actsAs === undefined ? {} : { actsAs: role.actsAs }),
          connectionLimit: role.connectionLimit,
          memberOf: role.memberOf.filter((group) => group !== ownershipRole),
          searchPath: role.searchPath,
          settings: role.settings,
          grants: toGrants(plan, role.name),
        },
      ]),
    ),
    schemas: plan.schemas,
    extensions: plan.extensions,
  };
}

function toGrants(plan: DatabasePlan, grantee: string): Grants {
  const own = plan.grants.filter((grant) => grant.grantee === grantee);
  return Object.fromEntries(own.map((grant) => [grant.on.type, grant.privileges]));
}

/** The plan for inputs. `toPlan(toState(plan))` equals `plan`. */
export function toPlan(state: AppDatabaseState, ownershipRole: string): DatabasePlan {
  const owner = state.roles["owner"];
  if (owner === undefined) throw new Error(`app ${state.app}: there is no role "owner"`);
  const entries = Object.entries(state.roles);
  const others = entries.filter(([, role]) => role.profile !== "owner").toSorted(byKey);
  const { name, encoding, connectionLimit, revokePublic, settings, guests } = state.database;
  const { schemas, extensions } = state;
  const inside = { owner: owner.name, schemas };
  return {
    app: state.app,
    adopt: state.adopt,
    roles: sortRoles(entries.map(([key, role]) => toPlannedRole(key, role, ownershipRole))),
    database: { name, owner: owner.name, encoding, connectionLimit, settings, ...toGuests(guests) },
    schemas,
    extensions,
    grants: [
      ...(revokePublic ? [closedToPublic] : []),
      ...others.flatMap(([key, { name: grantee, grants }]) =>
        planGrants({ key, name: grantee }, grants, schemas),
      ),
    ],
    defaultPrivileges: others.flatMap(([key, { name: grantee, grants }]) =>
      planDefaultPrivileges({ key, name: grantee }, grants, inside),
    ),
  };
}

function toPlannedRole(key: string, role: RoleState, ownershipRole: string): PlannedRole {
  const { name, profile, login = "always", actsAs, connectionLimit, searchPath, settings } = role;
  const memberOf = toMemberships(role.memberOf, ownershipRole);
  return { key, name, profile, login, actsAs, connectionLimit, memberOf, searchPath, settings };
}
