import { escapeIdentifier } from "pg";
import type { LiveInside } from "../catalog/access.ts";
import type { OthersGrant } from "../catalog/catalog.ts";
import type { FormerRole } from "../plan/former-role.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import type { AppProblem } from "../rules/problem.ts";
import type { Action, Securable } from "../statements/actions.ts";
import { inNameOf, toStatement } from "../statements/sql.ts";
import { mayGrantOn } from "./foreign.ts";
import { nameOnDatabase, toSecurable } from "./privileges.ts";
import {
  toWantedDatabasePrivileges,
  toWantedPrivileges,
  type WantedPrivileges,
} from "./wanted-privileges.ts";

/** A REVOKE that only the grantor can run. */
interface OthersRevoke {
  readonly grantor: string;
  readonly action: Extract<Action, { readonly kind: "grant" | "revoke" }>;
  /** A column of the tables; undefined = the whole object. */
  readonly column: string | undefined;
}

/**
 * Problems about privileges of the app's roles and PUBLIC that the entry does not list and that a role other
 * than the owner granted: one problem per grantor. A REVOKE by Berth has no effect on them, because for a
 * superuser or Berth's admin it revokes what the owner granted. Berth does not act as another role.
 */
export function findGrantsOfOthers(
  plan: DatabasePlan,
  live: LiveInside,
  formerRoles: readonly FormerRole[],
): AppProblem[] {
  const found = findOthersGrants(plan, live, formerRoles);
  const grantors = [...new Set(found.map(({ grantor }) => grantor))];
  return grantors.map((grantor) => {
    const statements = found.filter((one) => one.grantor === grantor).map(describeRevoke);
    return {
      ...{ code: "grant-of-other", app: plan.app, at: "database" },
      what: `role "${grantor}" granted privileges that the entry does not list, and only "${grantor}" can revoke them`,
      fix: `as a superuser, in database ${plan.database.name}: ${inNameOf(grantor, statements)}`,
    };
  });
}

function findOthersGrants(
  plan: DatabasePlan,
  live: LiveInside,
  formerRoles: readonly FormerRole[],
): OthersRevoke[] {
  const { name: database, others = [] } = live.database;
  const on: Securable = { type: "database", database };
  const outside = toWantedDatabasePrivileges(plan, formerRoles).flatMap((share) => {
    const grantee = nameOnDatabase(share.grantee);
    return tooMuch(others, { ...share, grantee }).map((one) => toRevoke(share, one, on));
  });
  const inside = toWantedPrivileges(plan, formerRoles).flatMap((share) =>
    inSchema(plan, live, share),
  );
  return [...outside, ...inside];
}

/** One statement for all objects with the same privilege too much. */
function inSchema(
  plan: DatabasePlan,
  { access, server }: LiveInside,
  share: WantedPrivileges,
): readonly OthersRevoke[] {
  const found = new Map<string, { one: OthersGrant; on: Securable }>();
  for (const object of access.objects) {
    if (object.type !== share.type || object.schema !== share.schema) continue;
    if (!mayGrantOn(object, plan, server)) continue;
    for (const one of tooMuch(object.others ?? [], share)) {
      const key = JSON.stringify(one);
      found.set(key, { one, on: toSecurable(object, found.get(key)?.on) });
    }
  }
  return [...found.values()].map(({ one, on }) => toRevoke(share, one, on));
}

function tooMuch(
  others: readonly OthersGrant[],
  { grantee, privileges }: Pick<WantedPrivileges, "grantee" | "privileges">,
): readonly OthersGrant[] {
  return others.filter((one) => one.grantee === grantee && !privileges.includes(one.privilege));
}

function toRevoke(
  { path, grantee }: Pick<WantedPrivileges, "path" | "grantee">,
  { privilege, grantor, column }: OthersGrant,
  on: Securable,
): OthersRevoke {
  const action = { kind: "revoke", path, on, grantee, privileges: [privilege] } as const;
  return { grantor, action, column: column ?? undefined };
}

function describeRevoke({ action, column }: OthersRevoke): string {
  const where = column === undefined ? "" : ` (${escapeIdentifier(column)})`;
  const privileges = action.privileges.map((privilege) => `${privilege}${where}`);
  return toStatement({ ...action, privileges }, () => "");
}
