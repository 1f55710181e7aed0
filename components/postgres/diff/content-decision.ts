import type { ServerFacts } from "../catalog/catalog.ts";
import type { AppProblem } from "../rules/problem.ts";
import type { Action } from "../statements/actions.ts";

/** What to create inside a database, and what prevents it. */
export interface ContentDecision {
  readonly actions: readonly Action[];
  /** Any of them: nothing may be done. */
  readonly problems: readonly AppProblem[];
  /** What only a superuser can do, with the statement. Everything else goes on. */
  readonly superuser: readonly AppProblem[];
}

export const nothing: ContentDecision = { actions: [], problems: [], superuser: [] };

/** The role that would create it. */
export type Admin = Pick<ServerFacts, "isSuperuser" | "admin">;
