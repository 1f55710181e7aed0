import type { StackSpec } from "../../config/spec.ts";
import type { Credential } from "../../onepassword/credential.ts";
import { openEndpoint } from "../../tunnel/endpoint.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { explainLoginFailure } from "../server/login-failure.ts";
import { connectTimeoutSeconds } from "../server/session.ts";
import { pgTlsOptions } from "../server/tls.ts";
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
  const tls = pgTlsOptions(postgres.tls);
  const options = { listens: true, onError: run.onError };
  const endpoint = await openEndpoint(postgres.endpoint, postgres.tls, options);
  try {
    const target = { endpoint, tls, database: postgres.maintenanceDatabase };
    const facts = await inspectRegistryServer(spec, plans, { target, admin: run.admin });
    return decideRegistry(spec, plans, facts, run);
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
