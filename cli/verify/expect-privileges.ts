import type { LiveInside } from "../../components/postgres/catalog/access.ts";
import type { SessionPrivilege } from "../../components/postgres/catalog/session/session.ts";
import { decideAccess } from "../../components/postgres/diff/access/decide.ts";
import { toSecurable } from "../../components/postgres/diff/access/privileges.ts";
import { wantedOn } from "../../components/postgres/diff/access/wanted.ts";
import { isClosedToPublic } from "../../components/postgres/plan/access.ts";
import {
  type DatabasePlan,
  type PlannedRole,
  PUBLIC_SCHEMA,
} from "../../components/postgres/plan/plan.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import { toStatement } from "../../components/postgres/statements/sql.ts";
import { runUp } from "./check.ts";
import { isOfProbe } from "./probe.ts";

const mostShown = 5;

export interface CheckedRole extends PlannedRole {
  /** What it is a member of by its entry, also through other roles of the app, without the ownership role. */
  readonly groups: readonly string[];
}

export function withGroups(
  plan: DatabasePlan,
  role: PlannedRole,
  ownershipRole: string,
): CheckedRole {
  const direct = role.memberOf.filter((group) => group !== ownershipRole);
  const inner = plan.roles
    .filter(({ name }) => direct.includes(name))
    .flatMap((group) => withGroups(plan, group, ownershipRole).groups);
  return { ...role, groups: [...new Set([...direct, ...inner])] };
}

/** A privilege that is missing, or that a role has and should not have. */
export interface Deviation {
  readonly found: SessionPrivilege;
  readonly kind: "missing" | "excess";
}

/** Owners are not compared: they have every privilege. Others may have more through groups of their entry. */
export function findDeviations(
  plan: DatabasePlan,
  role: PlannedRole,
  live: readonly SessionPrivilege[],
): Deviation[] {
  if (role.profile === "owner") return [];
  return live.flatMap((found): Deviation[] => {
    const isPlanned = isPlannedPrivilege(plan, role, found);
    if (isPlanned === found.isGranted) return [];
    const isOthers = found.isPublic || found.isInherited || isPublicsOwn(plan, found);
    if (!isPlanned && isOthers) return [];
    return [{ found, kind: isPlanned ? "missing" : "excess" }];
  });
}

function isPlannedPrivilege(
  plan: DatabasePlan,
  role: PlannedRole,
  { type, schema, object, privilege }: SessionPrivilege,
): boolean {
  if (isOfProbe(object)) {
    const later = plan.defaultPrivileges.filter(
      (one) => one.type === type && one.schema === schema,
    );
    return later.some((one) => one.grantee === role.name && one.privileges.includes(privilege));
  }
  const own = plan.grants.filter(
    ({ grantee, on }) =>
      grantee === role.name && on.type === type && (on.type === "database" || on.schema === schema),
  );
  return own.some((grant) => wantedOn(grant, object).includes(privilege));
}

/** A privilege that PUBLIC may have, because the entry keeps PUBLIC's privileges on the database. */
function isPublicsOwn(plan: DatabasePlan, { type, privilege }: SessionPrivilege): boolean {
  return !isClosedToPublic(plan) && type === "database" && privilege !== "CREATE";
}

/** `has no SELECT on table basketball.player`; the first few deviations. */
export function describeDeviations(database: string, deviations: readonly Deviation[]): string {
  const shown = deviations.slice(0, mostShown).map(({ found, kind }) => {
    const object = found.type === "database" ? found.name : `${nameOf(found)} in ${database}`;
    return kind === "missing"
      ? `has no ${found.privilege} on ${found.type} ${object}`
      : `has ${found.privilege} on ${found.type} ${object}, which its entry does not grant`;
  });
  const more = deviations.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${String(more)} more`] : [])].join("; ");
}

/** What ends them: `pulumi up`, and statements about what others own or granted, which Berth does not change. */
export function toFixes(
  plan: DatabasePlan,
  role: PlannedRole,
  deviations: readonly Deviation[],
  live: LiveInside,
): string[] {
  const { actions, superuser } = decideAccess(plan, live, []);
  const isOurs = actions.some((action) => "grantee" in action && action.grantee === role.name);
  const groups = new Map<string, Extract<Action, { readonly kind: "grant" | "revoke" }>>();
  for (const { key, object, ...change } of deviations.flatMap((one) =>
    toChanges(plan, role, one, live),
  )) {
    groups.set(key, { ...change, path: "", on: toSecurable(object, groups.get(key)?.on) });
  }
  const statements = [...groups.values()].map((action) => toStatement(action, () => ""));
  const where = `as a superuser, in database ${plan.database.name}`;
  const fixes = [
    ...(isOurs ? [runUp] : []),
    ...superuser.map(({ fix }) => fix),
    ...(statements.length === 0 ? [] : [`${where}: ${statements.join("; ")}`]),
  ];
  if (fixes.length > 0) return fixes;
  return [`take out of the role's memberOf what gives it that: ${role.memberOf.join(", ")}`];
}

/** Changes of an object of another owner, and of the privileges of groups that the role is in. */
function toChanges(
  { database }: DatabasePlan,
  { name, memberOf }: PlannedRole,
  { found, kind }: Deviation,
  { access }: LiveInside,
) {
  const { type, schema, privilege } = found;
  const object = access.objects.find(
    (one) => one.type === type && one.schema === schema && one.name === found.object,
  );
  if (object === undefined) return [];
  const change = (action: "grant" | "revoke", grantee: string) => ({
    key: [action, grantee, type, schema, privilege].join(" "),
    object,
    kind: action,
    grantee,
    privileges: [privilege],
  });
  if (kind === "missing") return object.owner === database.owner ? [] : [change("grant", name)];
  const granted = [...object.privileges, ...(object.columns ?? [])];
  return memberOf
    .filter((group) => granted.includes(`${group}=${privilege}`))
    .map((group) => change("revoke", group));
}

function nameOf({ type, schema, name }: SessionPrivilege): string {
  return type === "schema" || schema === null || schema === PUBLIC_SCHEMA
    ? name
    : `${schema}.${name}`;
}
