import type { SessionPrivilege } from "../../components/postgres/catalog/catalog.ts";
import {
  type DatabasePlan,
  type PlannedRole,
  PUBLIC,
  PUBLIC_SCHEMA,
} from "../../components/postgres/plan/plan.ts";

/** A role that is checked. */
export interface CheckedRole extends PlannedRole {
  /** What it is a member of by its entry, also through other roles of the app, without the ownership role. */
  readonly groups: readonly string[];
}

/** The role with its groups. */
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

/**
 * Compares the live privileges of a role with its plan. It may have more as a member of the groups of its entry. An owner has every privilege on its own objects, so
 * owners are not compared.
 */
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
  { type, schema, privilege }: SessionPrivilege,
): boolean {
  const own = plan.grants.filter(
    ({ grantee, on }) =>
      grantee === role.name && on.type === type && (on.type === "database" || on.schema === schema),
  );
  return own.some((grant) => grant.privileges.includes(privilege));
}

/** A privilege that PUBLIC may have, because the entry keeps PUBLIC's privileges on the database. */
function isPublicsOwn(plan: DatabasePlan, { type, privilege }: SessionPrivilege): boolean {
  return keepsPublic(plan) && type === "database" && privilege !== "CREATE";
}

/** Whether the entry keeps PUBLIC's privileges on the database. */
export function keepsPublic(plan: DatabasePlan): boolean {
  return !plan.grants.some(({ grantee, on }) => grantee === PUBLIC && on.type === "database");
}

/** `has no SELECT on table basketball.player`; the first few deviations. */
export function describeDeviations(database: string, deviations: readonly Deviation[]): string {
  const most = 5;
  const shown = deviations.slice(0, most).map(({ found, kind }) => {
    const object = found.type === "database" ? found.name : `${nameOf(found)} in ${database}`;
    return kind === "missing"
      ? `has no ${found.privilege} on ${found.type} ${object}`
      : `has ${found.privilege} on ${found.type} ${object}, which its entry does not grant`;
  });
  const more = deviations.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${String(more)} more`] : [])].join("; ");
}

function nameOf({ type, schema, name }: SessionPrivilege): string {
  return type === "schema" || schema === null || schema === PUBLIC_SCHEMA
    ? name
    : `${schema}.${name}`;
}
