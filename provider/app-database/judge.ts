import { toOneError } from "../../components/errors.ts";
import type { Catalog, LiveDatabase } from "../../components/postgres/catalog/catalog.ts";
import { decideRoles } from "../../components/postgres/diff/roles.ts";
import type { DatabasePlan } from "../../components/postgres/plan/plan.ts";
import {
  compareStored,
  decideAdoption,
  findEncodingProblem,
} from "../../components/postgres/rules/adoption.ts";
import { findLostProblem } from "../../components/postgres/rules/lost-database.ts";
import {
  findOwnershipRoleProblem,
  findPlanProblems,
} from "../../components/postgres/rules/server.ts";
import { findTwoLoginProblems, noteTwoLogins } from "../../components/postgres/rules/two-logins.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import type { AppRequest, RoleContext } from "./app-request.ts";

/** The pure decisions about an app, with what the request knows of passwords. */

/** What there is to do about the app's roles. */
export function decideAppRoles(
  plan: DatabasePlan,
  catalog: Catalog,
  { request, server, stored }: RoleContext,
): readonly Action[] {
  return decideRoles(plan, catalog, {
    ownershipRole: server.config.ownershipRole,
    stack: server.config.stack,
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
  const ownership = findOwnershipRoleProblem(catalog, config);
  const live = catalog.databases.get(plan.database.name);
  const encoding = findEncodingProblem(plan, live);
  const lost = findLost(request, live);
  const problems = [
    ...(ownership === undefined ? [] : [ownership]),
    ...adoption.problems,
    ...outOfReach,
    ...findPlanProblems(plan, catalog.server),
    ...findTwoLoginProblems(plan, catalog, ({ key }) => request.verifiers.has(key)),
    ...(encoding === undefined ? [] : [encoding]),
    ...(lost === undefined ? [] : [lost]),
  ];
  if (problems.length > 0) throw toOneError("Postgres", problems);
  return [
    ...adoption.changes.map((change) => `adopting: ${change}`),
    ...noteTwoLogins(plan, catalog),
  ];
}
