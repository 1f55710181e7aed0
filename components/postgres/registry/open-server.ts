import type { StackSpec } from "../../config/spec.ts";
import { openEndpoint } from "../../tunnel/endpoint.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { explainLoginFailure } from "../server/login-failure.ts";
import { connectTimeoutSeconds } from "../server/session.ts";
import { pgTlsOptions } from "../server/tls.ts";
import { inspectRegistryServer, type RegistryFacts } from "./examine.ts";
import { claimOwnershipRole } from "./ownership.ts";

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
  const tls = pgTlsOptions(postgres.tls);
  const options = { listens: true, onError: run.onError };
  const endpoint = await openEndpoint(postgres.endpoint, postgres.tls, options);
  try {
    const target = { endpoint, tls, database: postgres.maintenanceDatabase };
    const facts = await inspectRegistryServer(spec, plans, { ...run, target });
    if (run.isPreview || postgres.stack === undefined) return facts;
    await claimOwnershipRole(postgres, target, run.admin);
    const isOwnership = (kind: string, name: string): boolean =>
      kind === "role" && name === postgres.ownershipRole;
    return {
      ...facts,
      exists: (kind, name) => isOwnership(kind, name) || facts.exists(kind, name),
    };
  } catch (error) {
    await endpoint.close();
    throw explainLoginFailure(error, endpoint, {
      user: run.admin.username,
      database: postgres.maintenanceDatabase,
      timeoutSeconds: connectTimeoutSeconds,
      item: `${postgres.admin.vault}/${postgres.admin.item}`,
    });
  }
}
