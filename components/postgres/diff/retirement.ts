import { reservedReason } from "../../config/rules/names.ts";
import type { PostgresSpec } from "../../config/spec.ts";
import type { Catalog, LiveRole } from "../catalog/catalog.ts";
import type { Dependent, LiveSession, Loss } from "../catalog/retirement.ts";
import type { AppDatabaseState } from "../plan/app-state.ts";
import type { FormerRole } from "../plan/former-role.ts";
import type { Action } from "../statements/actions.ts";

/** What was found when dropping was asked for. */
export interface RetirementFacts {
  readonly catalog: Catalog;
  readonly sessions: readonly LiveSession[];
  readonly dependents: readonly Dependent[];
}

/** What may be dropped, or why not. */
export interface Retirement {
  /** undefined = there is none. */
  readonly database: string | undefined;
  /** Roles of the app that exist and carry the stack's mark. */
  readonly roles: readonly LiveRole[];
  /** What is left alone, and why. */
  readonly notes: readonly string[];
  /** Any of them: nothing may be dropped. */
  readonly problems: readonly string[];
}

/** Which server, and what may be dropped on it. */
export type RetirementRules = Pick<
  PostgresSpec,
  "ownershipRole" | "reserved" | "maintenanceDatabase" | "confirmDelete"
>;

/**
 * Whether an app that left may be dropped. Pure. Everything that is dropped carries the stack's mark:
 * the roles by their membership in the ownership role, the database by such an owner, which has to be the
 * app's own.
 *
 * @param isNeeded Whether another app of the stack has a role of this name now.
 */
export function decideRetirement(
  state: AppDatabaseState,
  facts: RetirementFacts,
  rules: RetirementRules,
  isNeeded: (role: string) => boolean,
): Retirement {
  const { catalog } = facts;
  const { name } = state.database;
  const found = Object.values(state.roles).flatMap((role) => catalog.roles.get(role.name) ?? []);
  const notes: string[] = [];
  const roles = found.filter((role) => {
    const reason = whyLeftAlone(role, rules, isNeeded);
    if (reason !== undefined) notes.push(`app ${state.app}: role "${role.name}" ${reason}`);
    return reason === undefined;
  });
  const database = catalog.databases.has(name) ? name : undefined;
  const isDropped = (role: string): boolean => roles.some((dropped) => dropped.name === role);
  // Who is left alone may stay connected, but not in a database that goes.
  const sessions = facts.sessions.filter((at) => at.database === name || isDropped(at.role));
  return {
    database,
    roles,
    notes,
    problems: [
      ...(database === undefined ? [] : findDatabaseProblems(state, catalog, rules)),
      ...sessions.map((session) => `app ${state.app}: ${describeSession(session)}`),
      ...describeDependents(
        state.app,
        facts.dependents.filter(({ role }) => isDropped(role)),
      ),
    ],
  };
}

function whyLeftAlone(
  role: LiveRole,
  rules: RetirementRules,
  isNeeded: (role: string) => boolean,
): string | undefined {
  const reserved = reservedReason(role.name, { postgres: rules });
  if (reserved !== undefined) return `${reserved}; it is left alone`;
  if (isNeeded(role.name)) return "belongs to another app of the stack now; it is left alone";
  if (role.memberOf.includes(rules.ownershipRole)) return undefined;
  return `is no member of ${rules.ownershipRole}, so this stack did not make it; it is left alone`;
}

function findDatabaseProblems(
  state: AppDatabaseState,
  catalog: Catalog,
  rules: RetirementRules,
): string[] {
  const { name } = state.database;
  const at = `app ${state.app}: database "${name}"`;
  const reserved = reservedReason(name, { postgres: rules });
  if (reserved !== undefined) return [`${at} ${reserved}`];
  const owner = catalog.databases.get(name)?.owner ?? "";
  const expected = state.roles["owner"]?.name ?? "";
  return [
    ...(owner === expected
      ? []
      : [`${at} belongs to role "${owner}", not to "${expected}": somebody else took it over`]),
    ...(catalog.roles.get(owner)?.memberOf.includes(rules.ownershipRole) === true
      ? []
      : [
          `${at} belongs to role "${owner}", which is no member of ${rules.ownershipRole}, so this stack did not make it`,
        ]),
  ];
}

/** Why a database that is about to go must stay after all; for a look right before the statement. */
export function findUnmarked(
  names: readonly string[],
  catalog: Catalog,
  ownershipRole: string,
): readonly string[] {
  return names.filter((name) => catalog.roles.get(name)?.memberOf.includes(ownershipRole) !== true);
}

/**
 * The roles that left an entry and that Berth may still do something about, and why not the others:
 * whatever those hold, somebody else gave it to them or wants them as they are.
 */
export function sortFormerRoles(
  app: string,
  formerRoles: readonly FormerRole[],
  catalog: Catalog,
  rules: RetirementRules,
): { readonly formerRoles: readonly FormerRole[]; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const ours = formerRoles.filter(({ name }) => {
    const live = catalog.roles.get(name);
    const reason = live === undefined ? undefined : whyLeftAlone(live, rules, () => false);
    if (reason !== undefined) notes.push(`app ${app}: role "${name}" ${reason}`);
    return reason === undefined;
  });
  return { formerRoles: ours, notes };
}

/**
 * The roles that left an entry which says `reclaimPolicy: delete`: what they own in the app's database
 * goes to its owner, what they were given goes away, and then they go. Only such as carry the mark.
 */
export function decideLeaving(
  formerRoles: readonly FormerRole[],
  catalog: Catalog,
  context: RetirementRules & { readonly owner: string },
): readonly Action[] {
  const { isSuperuser, versionNumber } = catalog.server;
  return formerRoles.flatMap(({ key, name, isElsewhere = false }): Action[] => {
    const live = catalog.roles.get(name);
    if (live === undefined || whyLeftAlone(live, context, () => isElsewhere) !== undefined)
      return [];
    const path = `roles.${key}`;
    const withOptions = versionNumber >= 160_000;
    return [
      ...(isSuperuser || live.adminIsMember
        ? []
        : [{ kind: "join-admin", path, role: name, withOptions } as const]),
      { kind: "reassign-owned", path, role: name, owner: context.owner },
      { kind: "drop-owned", path, role: name },
      { kind: "drop-role", path, role: name },
    ];
  });
}

/** What stands in the way of dropping such roles. */
export function findLeavingProblems(
  app: string,
  facts: Pick<RetirementFacts, "sessions" | "dependents"> & { readonly losses: readonly Loss[] },
): readonly string[] {
  return [
    ...facts.sessions.map((session) => `app ${app}: ${describeSession(session)}`),
    ...describeDependents(app, facts.dependents),
    ...facts.losses.map((loss) => `app ${app}: ${describeLoss(loss)}`),
  ];
}

/** Who is connected, for a person. */
export function describeSession({
  pid,
  role,
  database,
  application,
  client,
  since,
}: LiveSession): string {
  const details = [
    ...(application === "" ? [] : [application]),
    ...(client === "" ? [] : [`from ${client}`]),
    ...(since === "" ? [] : [`since ${since}`]),
  ];
  const more = details.length === 0 ? "" : ` (${details.join(", ")})`;
  return `role "${role}" is connected to database "${database}", pid ${String(pid)}${more}`;
}

function describeDependents(app: string, dependents: readonly Dependent[]): string[] {
  return dependents.map(({ role, database, object, tie, count }) => {
    const what =
      object ??
      `${String(count)} ${count === 1 ? "object" : "objects"} in database "${database ?? ""}"`;
    return `app ${app}: role "${role}" ${tie} ${what}, which is not this app's; Berth changes nothing there`;
  });
}

function describeLoss({ role, object, loser, privileges }: Loss): string {
  if (loser === null) {
    return `${object} names role "${role}" and would go with it; drop it, or alter it to name others`;
  }
  return `${loser} would lose ${privileges} on ${object}, which role "${role}" gave; as the owner of it, give it yourself and REVOKE it from "${role}" with CASCADE`;
}
