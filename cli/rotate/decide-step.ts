import type { LiveRole } from "../../components/postgres/catalog/catalog.ts";
import type { DatabasePlan, PlannedRole } from "../../components/postgres/plan/plan.ts";

/**
 * Marks a login that was given a password which the item does not hold yet: it may log in as long as
 * Postgres can count, and the `up` after the item's edit takes the mark away. So a run that was
 * interrupted in between is known by the catalog, and by nothing noted elsewhere.
 */
export const preparedUntil = "VALID UNTIL '9999-12-31'";

/** What a rotation has to do next. */
export type RotationStep =
  /** A new password for this login, and the item goes over to it. */
  | { readonly kind: "take"; readonly login: PlannedRole }
  /** The item names the right login already; the rest of a rotation is missing, or may be. */
  | { readonly kind: "finish"; readonly because: string };

/**
 * Decides from the catalog and the item alone. Pure. While two can log in the last rotation is not over:
 * the app may still use the former login, and a new password for it would lock the app out.
 *
 * @param isIn Whether the item's login gets in with the item's password.
 */
export function decideRotation(
  plan: DatabasePlan,
  roles: ReadonlyMap<string, LiveRole>,
  { username, isIn }: { readonly username: string; readonly isIn: boolean },
): RotationStep {
  if (!isIn) return { kind: "finish", because: `the server does not let ${username} in yet` };
  if (roles.get(username)?.expires === true) {
    return { kind: "finish", because: `the item has gone over to ${username} already` };
  }
  const former = waitingRoles(plan, username).filter((role) => isInUse(roles.get(role.name)));
  if (former.length > 0) {
    const names = former.map(({ name }) => name).join(", ");
    return { kind: "finish", because: `the last rotation is not over: ${names} can still log in` };
  }
  const login = waitingRoles(plan, username).find(({ actsAs }) => actsAs !== undefined);
  if (login === undefined) throw new Error(`app ${plan.app}: no login waits for its turn`);
  return { kind: "take", login };
}

/** Those that the item does not name. */
export function waitingRoles(plan: DatabasePlan, username: string): readonly PlannedRole[] {
  return plan.roles.filter(({ login, name }) => login === "in-turn" && name !== username);
}

function isInUse(live: LiveRole | undefined): boolean {
  return live?.canLogin === true && !live.expires;
}
