import { toOneError } from "../components/errors.ts";
import type { Action } from "../components/postgres/actions.ts";
import {
  compareStored,
  decideAdoption,
  findEncodingProblem,
} from "../components/postgres/adoption.ts";
import { decideRoles } from "../components/postgres/diff-roles.ts";
import type { Catalog, LiveDatabase } from "../components/postgres/inspect.ts";
import { findLostProblem } from "../components/postgres/lost-database.ts";
import type { DatabasePlan } from "../components/postgres/plan.ts";
import { findMarkerProblem, findPlanProblems } from "../components/postgres/server-rules.ts";
import { findTurnProblems, noteTurns } from "../components/postgres/turns.ts";
import type { AppRequest } from "./app-database-work.ts";
import type { RoleContext } from "./stored-verifiers.ts";

/** The pure decisions about an app, with what the request knows of passwords. */

/** What there is to do about the app's roles. */
export function decideAppRoles(
  plan: DatabasePlan,
  catalog: Catalog,
  { request, server, stored }: RoleContext,
): readonly Action[] {
  return decideRoles(plan, catalog, {
    markerRole: server.config.markerRole,
    formerRoles: request.formerRoles,
    hasPassword: ({ key, login }) => login === "always" || request.verifiers.has(key),
    needsPassword: ({ key, name }) =>
      stored === undefined
        ? request.newPasswords.has(key)
        : request.verifiers.has(key) && stored.get(name) !== request.verifiers.get(key),
  });
}

/** Why the app's database can be neither used nor made. */
export function findLost(request: AppRequest, live: LiveDatabase | undefined): string | undefined {
  const { app, database, recreate = false } = request.state;
  return findLostProblem(app, database.name, live, { isKnown: request.isKnown, recreate });
}

/**
 * Throws every reason not to go on; returns what taking over changes.
 *
 * @param outOfReach What `findOutOfReach` says, where something is to be changed.
 */
export function judge(
  plan: DatabasePlan,
  catalog: Catalog,
  { request, server: { config }, stored }: RoleContext,
  outOfReach: readonly string[] = [],
): readonly string[] {
  const adoption = decideAdoption(plan, catalog, config, ({ key, name }) =>
    compareStored(stored?.get(name), request.verifiers.get(key) ?? ""),
  );
  const marker = findMarkerProblem(catalog, config);
  const live = catalog.databases.get(plan.database.name);
  const encoding = findEncodingProblem(plan, live);
  const lost = findLost(request, live);
  const problems = [
    ...(marker === undefined ? [] : [marker]),
    ...adoption.problems,
    ...outOfReach,
    ...findPlanProblems(plan, catalog.server),
    ...findTurnProblems(plan, catalog, ({ key }) => request.verifiers.has(key)),
    ...(encoding === undefined ? [] : [encoding]),
    ...(lost === undefined ? [] : [lost]),
  ];
  if (problems.length > 0) throw toOneError("Postgres", problems);
  return [...adoption.changes.map((change) => `adopting: ${change}`), ...noteTurns(plan, catalog)];
}
