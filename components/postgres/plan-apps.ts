import pLimit from "p-limit";
import type { AppSpec, RoleSpec, StackSpec } from "../config/spec.ts";
import type { Credential } from "../onepassword/credential.ts";
import { type DatabasePlan, planDatabases } from "./plan/plan.ts";
import { makeVerifiers } from "./verifier.ts";

export interface PlannedApp {
  readonly app: AppSpec;
  /** With the roles. */
  readonly plan: DatabasePlan;
  /** Of its other databases. */
  readonly further: readonly DatabasePlan[];
  /** By the role's key. Secret. */
  readonly verifiers: Promise<ReadonlyMap<string, string>>;
}

/**
 * Plans the databases of every app.
 *
 * The verifiers are still being made when this returns, a few apps at a time: the engine can work on the
 * first apps meanwhile.
 */
export function planApps(
  { apps, postgres }: StackSpec,
  credential: (role: RoleSpec) => Credential,
): readonly PlannedApp[] {
  const limit = pLimit(4);
  return apps.map((app) => {
    const [plan, ...further] = planDatabases(app, postgres);
    return { app, plan, further, verifiers: limit(() => makeVerifiers(app.roles, credential)) };
  });
}
