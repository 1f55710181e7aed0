import type { Catalog } from "./inspect.ts";
import type { DatabasePlan, PlannedRole } from "./plan.ts";

/** What the operator should know of an app whose logins take turns. Pure. */

/** Why the item's `username` cannot be had; `hasPassword` tells the role that it names. */
export function findTurnProblems(
  plan: DatabasePlan,
  catalog: Pick<Catalog, "roles">,
  hasPassword: (role: PlannedRole) => boolean,
): readonly string[] {
  return plan.roles
    .filter(({ login, actsAs }) => login === "in-turn" && actsAs === undefined)
    .filter((group) => hasPassword(group) && !catalog.roles.has(group.name))
    .map(
      ({ name }) =>
        `app ${plan.app}: role "${name}" is made without login, but the item's username is "${name}"; ` +
        `set it to ${listLogins(plan)}, whichever shall be the first`,
    );
}

/** An owner that may log in itself: of an app that had one login before. */
export function noteTurns(plan: DatabasePlan, catalog: Pick<Catalog, "roles">): readonly string[] {
  return plan.roles
    .filter(({ login, actsAs }) => login === "in-turn" && actsAs === undefined)
    .filter(({ name }) => catalog.roles.get(name)?.canLogin === true)
    .map(
      ({ name }) =>
        `app ${plan.app}: role "${name}", which owns its database, can still log in itself. ` +
        `npm run rotate moves the app to ${listLogins(plan)}, and then with --retire ends that`,
    );
}

function listLogins({ roles }: DatabasePlan): string {
  return roles.flatMap(({ name, actsAs }) => (actsAs === undefined ? [] : [name])).join(" or ");
}
