import pLimit from "p-limit";
import type { AppSpec, RoleSpec, StackSpec } from "../config/spec.ts";
import type { Credential } from "../onepassword/credential.ts";
import { type DatabasePlan, planDatabase } from "./plan/plan.ts";
import { makeVerifiers } from "./verifier.ts";

/** An app with the plan of its database. */
export interface PlannedApp {
  readonly app: AppSpec;
  readonly plan: DatabasePlan;
  /** By the role's key. Secret. */
  readonly verifiers: Promise<ReadonlyMap<string, string>>;
}

/**
 * Plans the database of every app.
 *
 * The verifiers are still being made when this returns, a few apps at a time: the engine can work on the
 * first apps meanwhile.
 */
export function planApps(
  { apps, postgres }: StackSpec,
  credential: (role: RoleSpec) => Credential,
): readonly PlannedApp[] {
  const limit = pLimit(4);
  return apps.map((app) => ({
    app,
    plan: planDatabase(app, postgres),
    verifiers: limit(() => makeVerifiers(app.roles, credential)),
  }));
}
