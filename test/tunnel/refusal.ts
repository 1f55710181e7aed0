import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { KubeError } from "../../components/kubernetes/error.ts";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { type Cluster, plainTls } from "./cluster.ts";

/** Few tries and short ones. */
const fast = { attempts: 2, backoffMs: 5, timeoutMs: 1_000 };

/** The refusal of an endpoint that cannot be opened. */
export async function refusal(
  cluster: Cluster,
  changes: Parameters<Cluster["spec"]>[0] = {},
): Promise<KubeError> {
  try {
    const endpoint = await openEndpoint(cluster.spec(changes), plainTls, { patience: fast });
    try {
      await endpoint.connect();
    } finally {
      await endpoint.close();
    }
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.message.includes(cluster.api.token)) throw new Error("it shows the token");
    return error;
  }
  throw new Error("it did not fail");
}

/** Returns the file, which stands beside the cluster's own. */
export function writeKubeconfig(cluster: Cluster, text: string, name = "other"): string {
  const file = join(cluster.folder, name);
  writeFileSync(file, text);
  return file;
}
