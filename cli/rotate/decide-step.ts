import type { LiveRole } from "../../components/postgres/catalog/catalog.ts";
import type { DatabasePlan, PlannedRole } from "../../components/postgres/plan/plan.ts";

/**
 * Marks a login that has a new password which the item does not hold yet. The date is no limit in practice. The
 * `up` after the item's edit removes it. So the catalog alone shows an interrupted rotation.
 */
export const preparedUntil = "VALID UNTIL '9999-12-31'";

export type RotationStep =
  /** Give this login a new password, then write both into the item. */
  | { readonly kind: "take"; readonly login: PlannedRole }
  /** The item already names the right login. The rest of the rotation may be missing. */
  | { readonly kind: "finish"; readonly because: string };

/**
 * Decides from the catalog and the item alone. Pure. While two logins work, the last rotation is not over: the
 * app may still use the former login, and a new password for it would lock the app out.
 *
 * @param isIn Whether the item's credential works.
 */
export function decideRotation(
  plan: DatabasePlan,
  roles: ReadonlyMap<string, LiveRole>,
  { username, isIn }: { readonly username: string; readonly isIn: boolean },
): RotationStep {
  if (!isIn) return { kind: "finish", because: `the server does not let ${username} in yet` };
  if (roles.get(username)?.expires === true) {
    return { kind: "finish", because: `the item already names ${username}` };
  }
  const former = waitingRoles(plan, username).filter((role) => isInUse(roles.get(role.name)));
  if (former.length > 0) {
    const names = former.map(({ name }) => name).join(", ");
    return {
      kind: "finish",
      because: `the last rotation has not ended: ${names} can still log in`,
    };
  }
  const login = waitingRoles(plan, username).find(({ setRole }) => setRole !== undefined);
  if (login === undefined) throw new Error(`app ${plan.app}: no login waits to be next`);
  return { kind: "take", login };
}

/** The logins that the item does not name. */
export function waitingRoles(plan: DatabasePlan, username: string): readonly PlannedRole[] {
  return plan.roles.filter(({ login, name }) => login === "rotated" && name !== username);
}

function isInUse(live: LiveRole | undefined): boolean {
  return live?.canLogin === true && !live.expires;
}
