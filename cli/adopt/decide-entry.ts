import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import type { Problem } from "../../components/errors.ts";
import { noAccess } from "../../components/postgres/catalog/access.ts";
import { decideApp, listActions } from "../../components/postgres/diff/decide-app.ts";
import { planDatabases } from "../../components/postgres/plan/plan.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import { isAddition, isAdoption, isNotForLater } from "./changes.ts";
import { type AdoptFacts, insideOf } from "./facts.ts";

/** What `pulumi up` would do about the databases of an entry, without the actions of every adoption. */
export interface EntryDecision {
  readonly problems: Problem[];
  readonly actions: Action[];
  /** What makes the guessed profiles whole. */
  readonly additions: Action[];
}

/** Decides about each database of an app as `pulumi up` does. Pure. `guessed` are the roles whose profile is a guess. */
export function decideEntry(
  app: AppSpec,
  { postgres }: StackSpec,
  facts: AdoptFacts,
  guessed: ReadonlySet<string>,
): EntryDecision {
  const { catalog } = facts;
  const all: EntryDecision = { problems: [], actions: [], additions: [] };
  for (const plan of planDatabases(app, postgres)) {
    const { name } = plan.database;
    const access = insideOf(facts, name)?.access;
    const decision = decideApp(plan, { catalog, access }, { postgres });
    const database = catalog.databases.get(name) ?? { privileges: [] };
    all.problems.push(...[...decision.problems, ...decision.superuser].filter(isNotForLater));
    for (const action of listActions(decision)) {
      if (isAdoption(action, postgres.ownershipRole) || isAboutNewLogin(action, catalog)) continue;
      const isAdding = isAddition(action, guessed, database, access ?? noAccess);
      (isAdding ? all.additions : all.actions).push(action);
    }
  }
  return all;
}

/** An action about the second of two logins, where only the first exists. It changes nothing that exists. */
function isAboutNewLogin(action: Action, { roles }: AdoptFacts["catalog"]): boolean {
  if (!("role" in action)) return false;
  return !roles.has(typeof action.role === "string" ? action.role : action.role.name);
}
