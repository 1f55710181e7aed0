import type { ClusterTools } from "../../toolchain/cluster.ts";
import { stopInBackground } from "../background.ts";
import { clusterHomeOf, type Sandbox } from "../sandbox.ts";
import { databaseNamespace, pinCluster } from "../stack-file.ts";
import { addPostgres, type Cluster, openCluster } from "./cluster.ts";
import { toFiles } from "./files.ts";
import { applyAll, deliveryRights, type Manifest, namespace, openApi } from "./objects.ts";
import { startOperator } from "./operator.ts";
import { isClusterRunning } from "./stop.ts";
import { waitFor } from "./wait-for.ts";

/**
 * Opens the cluster of a sandbox. A Service leads to the sandbox's Postgres, the operator reads from the
 * sandbox's Connect, and user `berth` has the rights for cluster mode. Until `keep` is called, the cluster
 * ends with this process.
 */
export async function openSandboxCluster(
  sandbox: Sandbox,
  tools: ClusterTools,
): Promise<{ readonly cluster: Cluster; readonly keep: () => Promise<unknown> }> {
  const home = clusterHomeOf(sandbox.home);
  const owner = isClusterRunning(home) ? {} : { owner: process.pid };
  const cluster = await openCluster({ home, tools, ...owner });
  await addPostgres(cluster, { namespace: databaseNamespace, port: sandbox.superuser.port });
  const api = openApi(cluster.kubeconfig);
  await applyAll(api, [namespace("argocd"), ...deliveryRights()]);
  const system = await api.read(namespace("kube-system"));
  pinCluster(sandbox.stackFile, system.metadata?.uid ?? "");
  const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = sandbox.env;
  const files = toFiles(home);
  await startOperator(files, tools, { url, token, pollingInterval: 2 });
  return { cluster, keep: () => stopInBackground(files.pid("watchdog")) };
}

export async function listItems(cluster: Cluster): Promise<readonly Manifest[]> {
  const api = openApi(cluster.kubeconfig);
  const { items } = await api.list<Manifest>("onepassword.com/v1", "OnePasswordItem");
  return items;
}

/**
 * Waits until the operator has made a Secret for each item.
 *
 * @returns `namespace/name` of each Secret
 */
export async function waitForSecrets(
  cluster: Cluster,
  items: readonly Manifest[],
): Promise<string[]> {
  const api = openApi(cluster.kubeconfig);
  const names: string[] = [];
  for (const { metadata } of items) {
    const where = { name: metadata.name, namespace: metadata.namespace ?? "default" };
    const header = { apiVersion: "v1", kind: "Secret", metadata: where };
    const what = `${where.namespace}/${where.name}`;
    await waitFor(`the operator's Secret ${what}`, () => api.read(header).catch(() => undefined));
    names.push(what);
  }
  return names.toSorted();
}
