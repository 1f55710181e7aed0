import type { StackSpec } from "../config/spec.ts";
import { toOneError } from "../errors.ts";
import type { Credential } from "../onepassword/credential.ts";
import { decideAdoption } from "./adoption.ts";
import { type Catalog, inspectCatalog } from "./inspect.ts";
import type { DatabasePlan } from "./plan.ts";
import { findIdentityProblem, findMarkerProblem, findServerProblems } from "./server-rules.ts";
import { type SessionTarget, withSession } from "./session.ts";

/** What was found out about the server before anything is written to it. */
export interface Examination {
  /** Whether a role or database is there and is to be imported into the state. */
  readonly exists: (kind: "role" | "database", name: string) => boolean;
  /** For the operator to read; none of them stops the run. */
  readonly warnings: readonly string[];
}

/** When the server cannot be asked: nothing is known to exist, and the operator is told so. */
export const notExamined: Examination = {
  exists: () => false,
  warnings: [
    "not compared with the server (BERTH_OFFLINE=true): roles and databases that exist already are shown as new",
  ],
};

/**
 * Asks the server whether it is the right one and what exists on it. Throws one `BerthError` with
 * every reason not to go on; node-postgres' own error when it cannot be reached.
 *
 * @param isPreview A preview may go on without a pinned `system_identifier`; a write may not.
 */
export async function examineServer(
  spec: StackSpec,
  plans: readonly DatabasePlan[],
  connection: {
    readonly target: SessionTarget;
    readonly admin: Credential;
    readonly isPreview: boolean;
  },
): Promise<Examination> {
  const names = {
    roles: [spec.postgres.markerRole, ...plans.flatMap((plan) => plan.roles.map((r) => r.name))],
    databases: plans.map((plan) => plan.database.name),
  };
  const owners = plans.map((plan) => plan.database.owner);
  const catalog = await withSession(connection.target, connection.admin, (client) =>
    inspectCatalog(client, { ...names, roles: [...names.roles, ...owners] }),
  );
  return judgeCatalog(spec, plans, catalog, connection.isPreview);
}

/** The same without a server: from the catalog to what to do about it. Pure. */
export function judgeCatalog(
  spec: StackSpec,
  plans: readonly DatabasePlan[],
  catalog: Catalog,
  isPreview: boolean,
): Examination {
  const identity = findIdentityProblem(catalog.server, spec.postgres);
  const isUnpinned = identity !== undefined && spec.postgres.systemIdentifier === undefined;
  const marker = findMarkerProblem(catalog, spec.postgres);
  const unfit = [
    ...(identity === undefined || (isUnpinned && isPreview) ? [] : [identity]),
    ...findServerProblems(catalog.server, spec.postgres),
    ...(marker === undefined ? [] : [marker]),
  ];
  if (unfit.length > 0) throw toOneError("Postgres", unfit);
  const adoptions = plans.map((plan) => decideAdoption(plan, catalog, spec.postgres));
  const problems = adoptions.flatMap((adoption) => adoption.problems);
  if (problems.length > 0) {
    throw toOneError("Postgres holds things that Berth did not make", problems);
  }
  return {
    exists: (kind, name) => (kind === "role" ? catalog.roles : catalog.databases).has(name),
    warnings: [
      ...(isUnpinned ? [identity] : []),
      ...adoptions.flatMap((adoption) => adoption.changes.map((change) => `adopting: ${change}`)),
    ],
  };
}
