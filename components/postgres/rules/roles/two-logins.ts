import { escapeIdentifier } from "pg";
import { commandLine } from "../../../command-line.ts";
import type { Catalog } from "../../catalog/catalog.ts";
import {
  type DatabasePlan,
  hasVaultLogins,
  isGroupRole,
  type PlannedRole,
} from "../../plan/plan.ts";
import type { AppProblem } from "../problem.ts";

/** Notes and problems about an app with two logins. Pure. */

/** Why the item's `username` cannot be used. `hasPassword` is true for the role that it names. */
export function findTwoLoginProblems(
  plan: DatabasePlan,
  catalog: Pick<Catalog, "roles">,
  hasPassword: (role: PlannedRole) => boolean,
): AppProblem[] {
  return plan.roles
    .filter(isGroupRole)
    .filter((group) => hasPassword(group) && !catalog.roles.has(group.name))
    .map(({ key, name }) => ({
      code: "login-is-group",
      app: plan.app,
      at: `roles.${key}`,
      what: `role "${name}" is made without login, but the item's username is "${name}"`,
      fix: `set the item's username to ${listLogins(plan)}, which the app then logs in as`,
    }));
}

/** Notes an owner that can still log in, because the app had one login before. */
export function noteTwoLogins(
  plan: DatabasePlan,
  catalog: Pick<Catalog, "roles">,
): readonly string[] {
  return plan.roles
    .filter(isGroupRole)
    .filter(({ name }) => catalog.roles.get(name)?.canLogin === true)
    .map(
      ({ name }) =>
        `app ${plan.app}: role "${name}", which owns its database, can still log in itself. ` +
        howToEnd(plan, name),
    );
}

function howToEnd(plan: DatabasePlan, group: string): string {
  return hasVaultLogins(plan)
    ? `Once the app logs in with what Vault makes, end that as the admin: ${toEndOfLogin(group)}`
    : `To end that: ${commandLine("rotate", plan.app)} moves the app to ${listLogins(plan)}, then ${commandLine("rotate", `${plan.app} --retire`)} disables "${group}"`;
}

/** The statement that ends a login. Berth does not run it: only the operator knows when nobody uses the login. */
export function toEndOfLogin(role: string): string {
  return `ALTER ROLE ${escapeIdentifier(role)} NOLOGIN PASSWORD NULL;`;
}

function listLogins({ roles }: DatabasePlan): string {
  return roles.flatMap(({ name, setRole }) => (setRole === undefined ? [] : [name])).join(" or ");
}
