import type { StackSpec } from "../../config/spec.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { reachServer } from "../server/reach.ts";
import { inspectRegistryServer, type RegistryFacts } from "./examine.ts";

/**
 * Opens the way to Postgres for the run, the stock provider's local port included, and examines the
 * server behind it. The way stays open until the process ends, and does not keep it from ending.
 */
export async function openServer(
  spec: StackSpec,
  plans: readonly DatabasePlan[],
  run: Pick<Parameters<typeof inspectRegistryServer>[2], "admin" | "isPreview" | "verifierOf"> & {
    /** Told why a connection of the local port failed; its client only sees that it closes. */
    readonly onError: (error: Error) => void;
  },
): Promise<RegistryFacts> {
  const { postgres } = spec;
  const server = await reachServer(postgres, { listens: true, onError: run.onError });
  try {
    return await inspectRegistryServer(spec, plans, {
      ...run,
      target: { ...server, database: postgres.maintenanceDatabase },
    });
  } catch (error) {
    await server.endpoint.close();
    throw error;
  }
}
