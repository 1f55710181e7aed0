import type { StackSpec } from "../config/spec.ts";
import { explainConnectFailure } from "../tunnel/connect-failure.ts";
import { openEndpoint } from "../tunnel/endpoint.ts";
import { pgTlsOptions } from "../tunnel/tls.ts";
import { type Examination, examineServer } from "./examine.ts";
import type { DatabasePlan } from "./plan.ts";
import { connectTimeoutSeconds } from "./session.ts";

/**
 * Opens the way to Postgres for the run, the stock provider's local port included, and examines the
 * server behind it. The way stays open until the process ends, and does not keep it from ending.
 */
export async function openServer(
  spec: StackSpec,
  plans: readonly DatabasePlan[],
  run: Pick<Parameters<typeof examineServer>[2], "admin" | "isPreview" | "verifierOf"> & {
    /** Told why a connection of the local port failed; its client only sees that it closes. */
    readonly onError: (error: Error) => void;
  },
): Promise<Examination> {
  const { postgres } = spec;
  const tls = pgTlsOptions(postgres.tls);
  const options = { listens: true, onError: run.onError };
  const endpoint = await openEndpoint(postgres.endpoint, postgres.tls, options);
  try {
    return await examineServer(spec, plans, {
      ...run,
      target: { endpoint, tls, database: postgres.maintenanceDatabase },
    });
  } catch (error) {
    await endpoint.close();
    throw explainConnectFailure(error, endpoint, {
      user: run.admin.username,
      database: postgres.maintenanceDatabase,
      timeoutSeconds: connectTimeoutSeconds,
      item: `${postgres.admin.vault}/${postgres.admin.item}`,
    });
  }
}
