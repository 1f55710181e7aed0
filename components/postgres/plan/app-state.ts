import type { ReclaimPolicy } from "../../config/spec.ts";
import { isClosedToPublic, toAccess } from "./access.ts";
import type { AppDatabaseState, RoleState } from "./app-properties.ts";
import {
  completePlan,
  type DatabasePlan,
  type PlannedRole,
  toDatabase,
  toMemberships,
  toOptional,
  toReplication,
} from "./plan.ts";

export function toState(
  plan: DatabasePlan,
  ownershipRole: string,
  reclaimPolicy: ReclaimPolicy,
): AppDatabaseState {
  return {
    app: plan.app,
    adopt: plan.adopt,
    reclaimPolicy,
    database: { ...toDatabase(plan.database), revokePublic: isClosedToPublic(plan) },
    roles: Object.fromEntries(
      plan.roles.map((role) => [
        role.key,
        {
          name: role.name,
          profile: role.profile,
          ...(role.login === "always" ? {} : { login: role.login }),
          ...(role.setRole === undefined ? {} : { setRole: role.setRole }),
          connectionLimit: role.connectionLimit,
          ...toReplication(role),
          memberOf: role.memberOf.filter((group) => group !== ownershipRole),
          searchPath: role.searchPath,
          settings: role.settings,
          ...toAccess(role),
        },
      ]),
    ),
    schemas: plan.schemas,
    ...toOptional(plan),
    extensions: plan.extensions,
  };
}

/** The plan for inputs. `toPlan(toState(plan))` equals `plan`. */
export function toPlan(state: AppDatabaseState, ownershipRole: string): DatabasePlan {
  const owner = state.roles["owner"];
  if (owner === undefined) throw new Error(`app ${state.app}: there is no role "owner"`);
  const roles = Object.entries(state.roles);
  return completePlan(
    {
      ...state,
      roles: roles.map(([key, role]) => toPlannedRole(key, role, ownershipRole)),
      database: { ...state.database, owner: owner.name },
    },
    state.database.revokePublic,
  );
}

function toPlannedRole(key: string, role: RoleState, ownershipRole: string): PlannedRole {
  const { name, profile, login = "always", setRole, connectionLimit, searchPath, settings } = role;
  const memberOf = toMemberships(role.memberOf, ownershipRole);
  const limits = { connectionLimit, ...toReplication(role), memberOf, searchPath, settings };
  return { key, name, profile, login, setRole, ...limits, ...toAccess(role) };
}
