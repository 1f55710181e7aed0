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

/** What would take privileges back, were it sent by who gave them. */
interface OthersRevoke {
  readonly grantor: string;
  readonly action: Extract<Action, { readonly kind: "grant" | "revoke" }>;
  /** Of the tables, if it is not about the whole. */
  readonly column: string | undefined;
}

/**
 * What the app's roles and PUBLIC have from others than the owner and the entry does not list, for the operator,
 * once a grantor. Where the owner gave the right to give, REVOKE takes back what the role of the session
 * gave, and that of a superuser or of Berth's admin what the owner gave: it would do nothing here. Berth
 * acts in nobody else's name.
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

/** One statement for all objects on which the same is too much. */
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
