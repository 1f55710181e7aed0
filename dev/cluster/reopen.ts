import { printError } from "../../cli/print.ts";
import { ensureClusterToolchain } from "../../toolchain/cluster.ts";
import { keepToSandbox } from "../environment.ts";
import { clusterHomeOf, devHome, openSandbox, type Sandbox } from "../sandbox.ts";
import { isOnCluster } from "../stack-file.ts";
import { reopenVault } from "../vault/sandbox-vault.ts";
import { isClusterRunning } from "./stop.ts";

/** Starts a sandbox's cluster again if its stack uses one and it was stopped. */
export async function reopenCluster(sandbox: Sandbox): Promise<void> {
  if (!isOnCluster(sandbox.stackFile) || isClusterRunning(clusterHomeOf(sandbox.home))) return;
  const { cluster: tools } = await ensureClusterToolchain(printError);
  const { openSandboxCluster } = await import("./sandbox-cluster.ts");
  const { keep } = await openSandboxCluster(sandbox, tools);
  await keep();
}

/** Limits this process to the sandbox of `npm start`, with all its servers running. */
export async function enterSandbox(): Promise<Sandbox> {
  keepToSandbox();
  const sandbox = await reopenVault(await openSandbox({ home: devHome }));
  await reopenCluster(sandbox);
  return sandbox;
}
