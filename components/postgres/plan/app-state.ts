import type { ReclaimPolicy } from "../../config/spec.ts";
import { planAccess, toAccess } from "./access.ts";
import type { AppDatabaseState, RoleState } from "./app-properties.ts";
import {
  type DatabasePlan,
  type PlannedRole,
  PUBLIC,
  sortRoles,
  toGuests,
  toMemberships,
  toNames,
  toPatterns,
} from "./plan.ts";

/** From the plan to the resource. */
export function toState(
  plan: DatabasePlan,
  ownershipRole: string,
  reclaimPolicy: ReclaimPolicy,
): AppDatabaseState {
  const { name, names, encoding, connectionLimit, settings, guests } = plan.database;
  const revokePublic = plan.grants.some((grant) => grant.grantee === PUBLIC);
  return {
    app: plan.app,
    adopt: plan.adopt,
    reclaimPolicy,
    database: {
      name,
      ...toNames(names),
      encoding,
      connectionLimit,
      revokePublic,
      settings,
      ...toGuests(guests),
    },
    roles: Object.fromEntries(
      plan.roles.map((role) => [
        role.key,
        {
          name: role.name,
          profile: role.profile,
          ...(role.login === "always" ? {} : { login: role.login }),
          ...(role.setRole === undefined ? {} : { setRole: role.setRole }),
          connectionLimit: role.connectionLimit,
          memberOf: role.memberOf.filter((group) => group !== ownershipRole),
          searchPath: role.searchPath,
          settings: role.settings,
          ...toAccess(role),
        },
      ]),
    ),
    schemas: plan.schemas,
    ...toPatterns(plan.patterns),
    extensions: plan.extensions,
  };
}

/** The plan for inputs. `toPlan(toState(plan))` equals `plan`. */
export function toPlan(state: AppDatabaseState, ownershipRole: string): DatabasePlan {
  const owner = state.roles["owner"];
  if (owner === undefined) throw new Error(`app ${state.app}: there is no role "owner"`);
  const { name, names, encoding, connectionLimit, revokePublic, settings, guests } = state.database;
  const { schemas, patterns, extensions } = state;
  const ground = {
    roles: sortRoles(
      Object.entries(state.roles).map(([key, role]) => toPlannedRole(key, role, ownershipRole)),
    ),
    database: {
      name,
      ...toNames(names),
      owner: owner.name,
      encoding,
      connectionLimit,
      settings,
      ...toGuests(guests),
    },
    schemas,
    ...toPatterns(patterns),
  };
  const { app, adopt } = state;
  return { app, adopt, ...ground, extensions, ...planAccess(ground, revokePublic) };
}

function toPlannedRole(key: string, role: RoleState, ownershipRole: string): PlannedRole {
  const { name, profile, login = "always", setRole, connectionLimit, searchPath, settings } = role;
  const memberOf = toMemberships(role.memberOf, ownershipRole);
  const limits = { connectionLimit, memberOf, searchPath, settings };
  return { key, name, profile, login, setRole, ...limits, ...toAccess(role) };
}
