import type { StackSpec } from "../../config/spec.ts";
import type { Credential } from "../../onepassword/credential.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { reachServer } from "../server/reach.ts";
import { decideRegistry, type RegistryDecision } from "./decide.ts";
import { inspectRegistryServer } from "./inspect.ts";
import { claimOwnershipRole } from "./ownership.ts";

/**
 * Opens the way to Postgres, including the local port for the registry's provider, and decides about the server.
 * The way stays open until the process ends, and does not keep the process alive.
 */
export async function openServer(
  spec: StackSpec,
  plans: readonly DatabasePlan[],
  run: Parameters<typeof decideRegistry>[3] & {
    readonly admin: Credential;
    /** Gets the error of each connection that failed at the local port; its client only sees it close. */
    readonly onError: (error: Error) => void;
  },
): Promise<RegistryDecision> {
  const { postgres } = spec;
  const server = await reachServer(postgres, { listens: true, onError: run.onError });
  try {
    const target = { ...server, database: postgres.maintenanceDatabase };
    const facts = await inspectRegistryServer(spec, plans, { target, admin: run.admin });
    const decision = decideRegistry(spec, plans, facts, run);
    if (run.isPreview || postgres.stack === undefined) return decision;
    await claimOwnershipRole(postgres, target, run.admin);
    const isOwnership = (kind: string, name: string): boolean =>
      kind === "role" && name === postgres.ownershipRole;
    return {
      ...decision,
      exists: (kind, name) => isOwnership(kind, name) || decision.exists(kind, name),
    };
  } catch (error) {
    await server.endpoint.close();
    throw error;
  }
}
