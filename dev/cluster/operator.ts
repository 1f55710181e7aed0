import { execa } from "execa";
import { BerthError } from "../../components/errors.ts";
import type { ClusterTools } from "../../toolchain/cluster.ts";
import { findRunning, startInBackground } from "../background.ts";
import type { ClusterFiles } from "./files.ts";

/** Where the operator reads items, and how often it looks for changed ones. */
export interface OperatorOptions {
  readonly url: string;
  readonly token: string;
  /** Seconds. */
  readonly pollingInterval: number;
}

/**
 * The operator reads in this file which namespace it runs in, and does not start without it. A mount
 * that only its own process sees puts it there: nothing of this machine's changes.
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

/** How to get a mount of one's own: as root at once, as another user through a user namespace. */
async function findUnshare(): Promise<string[]> {
  const ways = [["--mount"], ["--map-root-user", "--mount"]];
  for (const way of ways) {
    const check = ["sh", "-c", "mount -t tmpfs tmpfs /var/run"];
    const { exitCode } = await execa("unshare", [...way, ...check], { reject: false });
    if (exitCode === 0) return way;
  }
  throw new BerthError("the 1Password operator cannot be started on this machine", {
    hint: "it needs a mount of its own (unshare --mount): Linux, as root or with unprivileged user namespaces allowed (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu)",
  });
}
