import { printError } from "../../cli/print.ts";
import { ensureClusterToolchain } from "../../toolchain/cluster.ts";
import { clusterHomeOf, type Sandbox } from "../sandbox.ts";
import { isOnCluster } from "../stack-file.ts";
import { isClusterRunning } from "./stop.ts";

/** Starts a sandbox's cluster again if its stack uses one and it was stopped. */
export async function reopenCluster(sandbox: Sandbox): Promise<void> {
  if (!isOnCluster(sandbox.stackFile) || isClusterRunning(clusterHomeOf(sandbox.home))) return;
  const { cluster: tools } = await ensureClusterToolchain((line) => {
    printError(line);
  });
  const { openSandboxCluster } = await import("./sandbox-cluster.ts");
  const { keep } = await openSandboxCluster(sandbox, tools);
  await keep();
}
