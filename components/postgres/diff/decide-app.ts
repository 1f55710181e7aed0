import { reservedReason } from "../../config/rules/names.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import type { ReclaimPolicy } from "../../config/spec.ts";
import type { LiveAccess } from "../catalog/access.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { LiveExtension } from "../catalog/extensions.ts";
import { firstByGroup } from "../catalog/members.ts";
import type { LiveUnlisted } from "../catalog/unlisted.ts";
import type { FormerRole, FormerSettings } from "../plan/former-role.ts";
import { type DatabasePlan, hasNoPassword, isFurther, type PlannedRole } from "../plan/plan.ts";
import { decideAdoption } from "../rules/adoption.ts";
import { findCreationProblems, needsLibc } from "../rules/creation.ts";
import { findLostProblem } from "../rules/lost-database.ts";
import type { PostgresProblem } from "../rules/problem.ts";
import { findAttributesOutOfReach, findLockedRoles } from "../rules/roles/attributes.ts";
import { findGroupProblems } from "../rules/roles/groups.ts";
import { decideOwnership } from "../rules/roles/identity.ts";
import { findOutOfReach } from "../rules/roles/out-of-reach.ts";
import { compareStored, type StoredPassword } from "../rules/roles/stored-password.ts";
import { findTwoLoginProblems, noteTwoLogins } from "../rules/roles/two-logins.ts";
import { findOwnershipRoleProblem, findPlanProblems } from "../rules/server.ts";
import { findSettingProblems } from "../rules/settings.ts";
import { findOtherNames } from "../rules/shared-names.ts";
import type { Action } from "../statements/actions.ts";
import type { RefusedSetting } from "../statements/try-settings.ts";
import { type AccessDecision, decideAccess, decideDatabase } from "./access/decide.ts";
import { toNewInside } from "./new-database.ts";
import {
  decideLeaving,
  findLeavingProblems,
  type LeavingFacts,
  type RetirementRules,
  sortFormerRoles,
} from "./retirement.ts";
import { decideRoles } from "./roles.ts";
import { findUnstated } from "./unstated.ts";

/** Live facts about an app. Only the catalog is required; undefined = not read. */
export interface AppFacts {
  readonly catalog: Catalog;
  /** Stored verifiers by role name; only a superuser may read them. Secret. */
  readonly stored?: ReadonlyMap<string, string | null> | undefined;
  /** Contents of the app's database. */
  readonly access?: LiveAccess | undefined;
  /** What else it holds. Then the catalog has all roles. */
  readonly unlisted?: LiveUnlisted | undefined;
  /** Extensions that the server offers, for a database that does not exist yet. */
  readonly extensions?: readonly LiveExtension[] | undefined;
  /** Settings of the plan that the server refuses. */
  readonly refusedSettings?: readonly RefusedSetting[] | undefined;
  /** Facts about the roles that {@link decideLeavingRoles} drops. */
  readonly leaving?: LeavingFacts | undefined;
}

/** Facts about an app that are not on the server. */
export interface AppContext {
  readonly postgres: RetirementRules & Pick<PostgresSpec, "stack">;
  /** By the role's key. Of two logins only the one that the item names has one. Secret. */
  readonly verifiers?: ReadonlyMap<string, string>;
  /** Keys of roles whose password is set if the stored one cannot be compared. */
  readonly newPasswords?: ReadonlySet<string>;
  readonly formerRoles?: readonly FormerRole[];
  readonly formerSettings?: FormerSettings;
  readonly reclaimPolicy?: ReclaimPolicy;
  /** Whether state has the database. If so, it is not created again when it is missing. */
  readonly isKnown?: boolean;
  readonly recreate?: boolean;
  /** Whether another app of the program makes a role of this name. Only in a preview it may be missing. */
  readonly isToCome?: (role: string) => boolean;
  readonly isApplying?: boolean;
}

/** All actions for an app, in order, and the reasons why they may not run. */
export interface AppDecision {
  /** Any of them: nothing may be done. */
  readonly problems: readonly PostgresProblem[];
  readonly steps: {
    readonly roles: readonly Action[];
    readonly database: readonly Action[];
    /** Drops the roles that left the entry. */
    readonly leaving: readonly Action[];
    readonly inside: readonly Action[];
  };
  /** What adopting changes, and a new name of the stack. */
  readonly adopting: readonly string[];
  /** Other notes for the operator. */
  readonly notes: readonly string[];
  /** What only a superuser can do. Everything else goes on. */
  readonly superuser: readonly PostgresProblem[];
  /** What others made, the entry does not state, and Berth does not change. */
  readonly unstated: readonly PostgresProblem[];
}

/** The one decision about an app, for preview, up, refresh and every check. Pure. */
export function decideApp(plan: DatabasePlan, facts: AppFacts, context: AppContext): AppDecision {
  const { catalog, stored } = facts;
  const { app, database } = plan;
  const { postgres, isKnown = false, recreate = false } = context;
  const { verifiers = new Map<string, string>() } = context;
  const { ownershipRole, stack } = postgres;
  const { formerRoles, notes } = findFormerRoles(app, catalog, context);
  const leaving = decideLeavingRoles(plan, catalog, context);
  const dropped = new Set(leaving.map((action) => "role" in action && action.role));
  const inside = decideInside(
    plan,
    facts,
    // DROP OWNED also revokes what a dropped role was granted.
    formerRoles.filter(({ name }) => !dropped.has(name)),
    context.formerSettings?.get("database") ?? [],
  );
  const adoption = decideAdoption(plan, catalog, {
    ownershipRole,
    reserved: postgres.reserved,
    isReserved: (name) => reservedReason(name, { postgres }) !== undefined,
    passwordOf: (role) => comparePassword(role, stored, verifiers),
  });
  const isFirst = !isFurther(plan);
  const roles = isFirst ? decideOwnRoles(plan, facts, context, formerRoles) : [];
  const live = catalog.databases.get(database.name);
  const owning = decideOwnership(catalog.roles.get(ownershipRole), stack);
  const ownership = findOwnershipRoleProblem(catalog, postgres);
  const ofRoles = findRoleProblems(plan, catalog, context, roles);
  const lost = findLostProblem(plan, live, { isKnown, recreate });
  const steps = {
    roles,
    database: live === undefined ? [createDatabase(plan, catalog)] : [],
    leaving,
    inside: inside.actions,
  };
  const usesOwnershipRole =
    isFirst && (listActions({ steps }).length > 0 || hasFirstRole(plan, catalog, ownershipRole));
  return {
    problems: [
      ...(ownership === undefined ? [] : [ownership]),
      ...adoption.problems,
      ...findOtherNames(plan, catalog, formerRoles),
      ...findOutOfReach(plan, catalog, postgres),
      ...ofRoles.problems,
      ...findServerLimits(plan, facts),
      ...(lost === undefined ? [] : [lost]),
      ...inside.problems,
      ...(facts.leaving === undefined ? [] : findLeavingProblems(plan, facts.leaving)),
    ],
    steps: usesOwnershipRole ? { ...steps, roles: [...owning.actions, ...roles] } : steps,
    adopting: [
      ...(isFirst ? owning.notes : []),
      ...adoption.changes.map((change) => `adopting: ${change}`),
    ],
    notes: [...(isFirst ? [...notes, ...noteTwoLogins(plan, catalog)] : []), ...inside.notes],
    superuser: [...ofRoles.superuser, ...inside.superuser],
    unstated: findUnstated(plan, facts, ownershipRole),
  };
}

function findServerLimits(
  plan: DatabasePlan,
  { catalog, refusedSettings = [] }: AppFacts,
): readonly PostgresProblem[] {
  return [
    ...findPlanProblems(plan, catalog.server),
    ...findSettingProblems(plan, refusedSettings, catalog.server),
    ...findCreationProblems(plan, catalog, refusedSettings),
  ];
}

function createDatabase({ database }: DatabasePlan, catalog: Catalog): Action {
  const withLibc = needsLibc(database, catalog) ? { withLibc: true } : {};
  return { kind: "create-database", path: "database", database, ...withLibc };
}

/** What keeps the roles themselves from being made or changed. The first database of an app says so. */
function findRoleProblems(
  plan: DatabasePlan,
  catalog: Catalog,
  context: AppContext,
  actions: readonly Action[],
): Pick<AppDecision, "problems" | "superuser"> {
  if (isFurther(plan)) return { problems: [], superuser: [] };
  const outOfReach = findAttributesOutOfReach(plan, catalog, context.postgres.ownershipRole);
  return {
    problems: [
      ...findGroupProblems(plan, catalog, context),
      ...outOfReach.problems,
      ...findLockedRoles(plan, catalog, actions),
      ...findTwoLoginProblems(plan, catalog, ({ key }) => context.verifiers?.has(key) === true),
    ],
    superuser: outOfReach.superuser,
  };
}

function decideOwnRoles(
  plan: DatabasePlan,
  { catalog, stored }: AppFacts,
  context: AppContext,
  formerRoles: ReturnType<typeof findFormerRoles>["formerRoles"],
): ReturnType<typeof decideRoles> {
  const { verifiers = new Map<string, string>(), newPasswords = new Set<string>() } = context;
  const { ownershipRole, stack } = context.postgres;
  return decideRoles(plan, catalog, {
    ownershipRole,
    stack,
    formerRoles,
    formerSettings: context.formerSettings,
    hasPassword: ({ key, login }) => login === "always" || verifiers.has(key),
    needsPassword: (role) => {
      if (stored === undefined) return newPasswords.has(role.key);
      const isRead = hasNoPassword(role) ? stored.has(role.name) : verifiers.has(role.key);
      return isRead && comparePassword(role, stored, verifiers) !== "same";
    },
  });
}

function comparePassword(
  { key, name, login }: PlannedRole,
  stored: ReadonlyMap<string, string | null> | undefined,
  verifiers: ReadonlyMap<string, string>,
): StoredPassword {
  if (login === "rotated" && !verifiers.has(key)) return "same";
  const wanted = hasNoPassword({ login }) ? null : (verifiers.get(key) ?? "");
  return compareStored(stored?.get(name), wanted);
}

/** Whether the app has the first of the stack's roles. It writes the stack's comment even if no app changes. */
function hasFirstRole(plan: DatabasePlan, { roles }: Catalog, ownershipRole: string): boolean {
  const first = firstByGroup(roles).get(ownershipRole);
  return plan.roles.some(({ name }) => name === first?.name);
}

export function listActions({ steps }: Pick<AppDecision, "steps">): readonly Action[] {
  return [...steps.roles, ...steps.database, ...steps.leaving, ...steps.inside];
}

/** Whether Berth may open a session in the app's database: it exists, and no problem forbids it. */
export function mayEnter(
  { database }: Pick<DatabasePlan, "database">,
  { databases }: Pick<Catalog, "databases">,
  { problems }: Pick<AppDecision, "problems">,
): boolean {
  const isBarred = problems.some(
    ({ at, code }) =>
      at === "database" || code === "role-out-of-reach" || code === "role-of-other-stack",
  );
  return databases.has(database.name) && !isBarred;
}

/**
 * Actions that drop the roles that left an entry. The caller needs them to know which roles to inspect. An app with
 * several databases keeps them, shut out: what one has in a database is dropped only in a session there.
 */
export function decideLeavingRoles(
  { app, database: { owner, names } }: DatabasePlan,
  catalog: Catalog,
  context: AppContext,
): readonly Action[] {
  if (context.reclaimPolicy !== "delete" || names !== undefined) return [];
  const { formerRoles } = findFormerRoles(app, catalog, context);
  return decideLeaving(formerRoles, catalog, { ...context.postgres, owner });
}

function findFormerRoles(app: string, catalog: Catalog, context: AppContext) {
  return sortFormerRoles(app, context.formerRoles ?? [], catalog, context.postgres);
}

function decideInside(
  plan: DatabasePlan,
  { catalog, access, extensions = [] }: AppFacts,
  formerRoles: readonly FormerRole[],
  formerSettings: readonly string[],
): AccessDecision {
  const { server, databases } = catalog;
  const database = databases.get(plan.database.name);
  if (database === undefined) {
    return decideAccess(plan, toNewInside(plan, server, extensions), [], []);
  }
  if (access !== undefined) {
    return decideAccess(plan, { server, database, access }, formerRoles, formerSettings);
  }
  const actions = decideDatabase(plan, database, formerRoles, formerSettings);
  return { actions, notes: [], problems: [], superuser: [] };
}
