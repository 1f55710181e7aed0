import { reservedReason } from "../../config/rules/names.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import { joinFixes } from "../../errors.ts";
import type { Catalog, LiveRole } from "../catalog/catalog.ts";
import type { Blocker, Dependent, LiveSession, Loss } from "../catalog/retirement.ts";
import type { AppDatabaseState } from "../plan/app-properties.ts";
import type { FormerRole } from "../plan/former-role.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import {
  toBlockerProblems,
  toDependentProblems,
  toLossProblems,
  toSessionProblems,
} from "../rules/obstacles.ts";
import type { AppProblem } from "../rules/problem.ts";
import type { Action } from "../statements/actions.ts";
import { joinAdmin } from "./roles.ts";

/** What was read about an app before it is dropped. */
export interface RetirementFacts {
  readonly catalog: Catalog;
  readonly sessions: readonly LiveSession[];
  readonly dependents: readonly Dependent[];
  readonly blockers: readonly Blocker[];
}

export interface Retirement {
  /** undefined = it does not exist. */
  readonly database: string | undefined;
  /** Existing roles of the app that are members of the ownership role. */
  readonly roles: readonly LiveRole[];
  /** What is not dropped, and why. */
  readonly notes: readonly string[];
  /** Any of them: nothing may be dropped. */
  readonly problems: readonly AppProblem[];
}

/** The server, and the limits for dropping on it. */
export type RetirementRules = Pick<
  PostgresSpec,
  "ownershipRole" | "reserved" | "maintenanceDatabase" | "confirmDelete"
>;

/**
 * Whether an app that left the program may be dropped. Pure. Only what the stack created is dropped: roles that
 * are members of the ownership role, and a database whose owner is such a role of the app.
 *
 * @param isNeeded Whether another app of the stack now has a role of this name.
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
  // What roles of the app own goes with its database, also if they left the entry before.
  const blockers = facts.blockers.filter((one) => !one.isOfStack || isNeeded(one.name));
  const isDropped = (role: string): boolean => roles.some((dropped) => dropped.name === role);
  // Roles that are not dropped may stay connected, but not to a database that is dropped.
  const sessions = facts.sessions.filter((at) => at.database === name || isDropped(at.role));
  return {
    database,
    roles,
    notes,
    problems: [
      ...(database === undefined ? [] : findDatabaseProblems(state, catalog, rules)),
      ...(database === undefined ? [] : toBlockerProblems(state.app, database, blockers)),
      ...toSessionProblems(state.app, sessions),
      ...toDependentProblems(
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
  return `is not a member of ${rules.ownershipRole}, so this stack did not make it; it is left alone`;
}

function findDatabaseProblems(
  state: AppDatabaseState,
  catalog: Catalog,
  rules: RetirementRules,
): AppProblem[] {
  const { app, database } = state;
  const about = { app, at: "database" };
  const what = `database "${database.name}"`;
  const fix = `if it may stay, put the entry back with reclaimPolicy: retain, and run pulumi up before you take it out again`;
  const reserved = reservedReason(database.name, { postgres: rules });
  if (reserved !== undefined) {
    return [{ code: "database-reserved", ...about, what: `${what} ${reserved}`, fix }];
  }
  const owner = catalog.databases.get(database.name)?.owner ?? "";
  const expected = state.roles["owner"]?.name ?? "";
  const isOurs = catalog.roles.get(owner)?.memberOf.includes(rules.ownershipRole) === true;
  const at = `${what} belongs to role "${owner}"`;
  const changed = `${at}, not to "${expected}": somebody else took it over`;
  const notOurs = `${at}, which is not a member of ${rules.ownershipRole}, so this stack did not make it`;
  return [
    ...(owner === expected
      ? []
      : [{ code: "database-other-owner" as const, ...about, what: changed, fix }]),
    ...(isOurs ? [] : [{ code: "database-not-ours" as const, ...about, what: notOurs, fix }]),
  ];
}

/** The roles that left an entry and that Berth may still change, and for the others a note why not. */
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
 * Drops roles that left an entry with `reclaimPolicy: delete`. Their objects in the app's database go to its
 * owner, and their privileges are revoked. Only members of the ownership role are dropped.
 */
export function decideLeaving(
  formerRoles: readonly FormerRole[],
  catalog: Catalog,
  context: RetirementRules & { readonly owner: string },
): readonly Action[] {
  return formerRoles.flatMap(({ key, name, isElsewhere = false }): Action[] => {
    const live = catalog.roles.get(name);
    if (live === undefined || whyLeftAlone(live, context, () => isElsewhere) !== undefined)
      return [];
    const path = `roles.${key}`;
    return [
      ...joinAdmin(path, name, catalog),
      { kind: "reassign-owned", path, role: name, owner: context.owner },
      { kind: "drop-owned", path, role: name },
      { kind: "drop-role", path, role: name },
    ];
  });
}

/** What was read about roles before they are dropped. */
export interface LeavingFacts extends Pick<RetirementFacts, "sessions" | "dependents"> {
  readonly losses: readonly Loss[];
}

export function findLeavingProblems(
  { app, database: { name: database } }: Pick<DatabasePlan, "app" | "database">,
  facts: LeavingFacts,
): readonly AppProblem[] {
  const problems: readonly AppProblem[] = [
    ...toSessionProblems(app, facts.sessions),
    ...toDependentProblems(app, facts.dependents),
    ...toLossProblems(app, database, facts.losses),
  ];
  const keep = `or to keep the role, without login and privileges: set berth:apps.${app}.reclaimPolicy to retain`;
  return problems.map((problem) => ({ ...problem, fix: joinFixes(problem.fix, keep) }));
}
