import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ClusterTools } from "../../toolchain/cluster.ts";
import { asPod } from "../as-pod.ts";
import { findRunning, startInBackground } from "../background.ts";
import type { ClusterFiles } from "./files.ts";

/** Where the operator reads items, and how often it checks them for changes. */
export interface OperatorOptions {
  readonly url: string;
  readonly token: string;
  /** Seconds. */
  readonly pollingInterval: number;
}

/** Starts the real 1Password operator, in all namespaces. */
export async function startOperator(
  files: ClusterFiles,
  tools: ClusterTools,
  options: OperatorOptions,
): Promise<void> {
  if (findRunning(files.pid("operator")) !== undefined) return;
  // It does not start without the name of its namespace.
  const account = path.join(files.home, "operator-account");
  mkdirSync(account, { recursive: true });
  writeFileSync(path.join(account, "namespace"), "onepassword");
  const program = [
    tools.operator,
    "--metrics-bind-address=0",
    "--health-probe-bind-address=0",
  ] as const;
  startInBackground({
    ...files.of("operator"),
    ...(await asPod("the 1Password operator", account, program)),
    env: {
      KUBECONFIG: files.operatorKubeconfig,
      WATCH_NAMESPACE: "",
      POLLING_INTERVAL: String(options.pollingInterval),
      OP_CONNECT_HOST: options.url,
      OP_CONNECT_TOKEN: options.token,
    },
  });
}
