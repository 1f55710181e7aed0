import type { StackSpec } from "../../config/spec.ts";
import type { Credential } from "../../onepassword/credential.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { reachServer } from "../server/reach.ts";
import { decideRegistry, type RegistryDecision } from "./decide.ts";
import { inspectRegistryServer } from "./inspect.ts";

/**
 * Opens the way to Postgres for the run, the registry provider's local port included, and decides about the
 * server behind it. The way stays open until the process ends, and does not keep it from ending.
 */
export async function openServer(
  spec: StackSpec,
  plans: readonly DatabasePlan[],
  run: Parameters<typeof decideRegistry>[3] & {
    readonly admin: Credential;
    /** Gets why a connection of the local port failed; its client only sees that it closes. */
    readonly onError: (error: Error) => void;
  },
): Promise<RegistryDecision> {
  const { postgres } = spec;
  const server = await reachServer(postgres, { listens: true, onError: run.onError });
  try {
    const target = { ...server, database: postgres.maintenanceDatabase };
    const facts = await inspectRegistryServer(spec, plans, { target, admin: run.admin });
    return decideRegistry(spec, plans, facts, run);
  } catch (error) {
    await server.endpoint.close();
    throw error;
  }
}
