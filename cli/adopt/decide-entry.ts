import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import type { Problem } from "../../components/errors.ts";
import { noAccess } from "../../components/postgres/catalog/access.ts";
import { decideApp, listActions } from "../../components/postgres/diff/decide-app.ts";
import { type DatabasePlan, planDatabases } from "../../components/postgres/plan/plan.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import { isAddition, isAdoption, isNotForLater } from "./changes.ts";
import type { AdoptFacts } from "./facts.ts";

/** What `pulumi up` would do about the databases of an entry, without the actions of every adoption. */
export interface EntryDecision {
  readonly problems: readonly Problem[];
  readonly actions: readonly Action[];
  /** What makes the guessed profiles whole. */
  readonly additions: readonly Action[];
}

/**
 * Decides about each database of an app as `pulumi up` does. Pure.
 *
 * @param guessed Roles whose profile is guessed.
 */
export function decideEntry(
  app: AppSpec,
  { postgres }: StackSpec,
  facts: AdoptFacts,
  guessed: ReadonlySet<string>,
): EntryDecision {
  const all = planDatabases(app, postgres).map((plan) =>
    decideDatabase(plan, postgres, facts, guessed),
  );
  return {
    problems: all.flatMap(({ problems }) => problems),
    actions: all.flatMap(({ actions }) => actions),
    additions: all.flatMap(({ additions }) => additions),
  };
}

function decideDatabase(
  plan: DatabasePlan,
  postgres: StackSpec["postgres"],
  { catalog, insides }: AdoptFacts,
  guessed: ReadonlySet<string>,
): EntryDecision {
  const { name } = plan.database;
  const inside = insides.get(name);
  const access = typeof inside === "string" ? undefined : inside?.access;
  const decision = decideApp(plan, { catalog, access }, { postgres });
  const actions = listActions(decision).filter(
    (action) => !isAdoption(action, postgres.ownershipRole) && !isAboutNewLogin(action, catalog),
  );
  const database = catalog.databases.get(name) ?? { privileges: [] };
  const isAdding = (one: Action): boolean => isAddition(one, guessed, database, access ?? noAccess);
  return {
    problems: [...decision.problems, ...decision.superuser].filter(isNotForLater),
    actions: actions.filter((action) => !isAdding(action)),
    additions: actions.filter(isAdding),
  };
}

/** An action about the second of two logins, where only the first exists. It changes nothing that exists. */
function isAboutNewLogin(action: Action, { roles }: AdoptFacts["catalog"]): boolean {
  if (!("role" in action)) return false;
  return !roles.has(typeof action.role === "string" ? action.role : action.role.name);
}
