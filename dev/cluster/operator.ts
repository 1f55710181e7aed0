import { execa } from "execa";
import { BerthError } from "../../components/errors.ts";
import type { ClusterTools } from "../../toolchain/cluster.ts";
import { findRunning, startInBackground } from "../background.ts";
import type { ClusterFiles } from "./files.ts";

/** Where the operator reads items, and how often it checks them for changes. */
export interface OperatorOptions {
  readonly url: string;
  readonly token: string;
  /** Seconds. */
  readonly pollingInterval: number;
}

/**
 * The operator reads its namespace from this file, and does not start without it. The file is in a mount
 * that only the operator's process sees, so nothing changes on this machine.
 */
const script = `set -e
mount -t tmpfs tmpfs /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
printf onepassword > /var/run/secrets/kubernetes.io/serviceaccount/namespace
exec "$@"`;

/** Starts the real 1Password operator, in all namespaces. */
export async function startOperator(
  files: ClusterFiles,
  tools: ClusterTools,
  options: OperatorOptions,
): Promise<void> {
  if (findRunning(files.pid("operator")) !== undefined) return;
  const unshare = await findUnshare();
  const args = ["--metrics-bind-address=0", "--health-probe-bind-address=0"];
  startInBackground({
    pidFile: files.pid("operator"),
    logFile: files.log("operator"),
    command: "unshare",
    args: [...unshare, "sh", "-c", script, "sh", tools.operator, ...args],
    knownBy: [tools.operator, ...args],
    cwd: files.home,
    env: {
      KUBECONFIG: files.operatorKubeconfig,
      WATCH_NAMESPACE: "",
      POLLING_INTERVAL: String(options.pollingInterval),
      OP_CONNECT_HOST: options.url,
      OP_CONNECT_TOKEN: options.token,
    },
  });
}

/** Options of `unshare` for a private mount: as root, or with a user namespace. */
async function findUnshare(): Promise<string[]> {
  const ways = [["--mount"], ["--map-root-user", "--mount"]];
  for (const way of ways) {
    const check = ["sh", "-c", "mount -t tmpfs tmpfs /var/run"];
    const { exitCode } = await execa("unshare", [...way, ...check], { reject: false });
    if (exitCode === 0) return way;
  }
  throw new BerthError("the 1Password operator cannot be started on this machine", {
    hint: "it needs a private mount (unshare --mount): use Linux, as root or with unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu)",
  });
}
