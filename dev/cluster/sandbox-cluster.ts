import { existsSync } from "node:fs";
import path from "node:path";
import type { ClusterTools } from "../../toolchain/cluster.ts";
import { clusterHomeOf, databaseNamespace, type Sandbox } from "../sandbox.ts";
import {
  addOperator,
  addPostgres,
  type Cluster,
  keepCluster,
  openCluster,
  waitFor,
} from "./cluster.ts";
import { apply, type Manifest, namespace, openApi, readManifests } from "./objects.ts";
import { isClusterRunning } from "./stop.ts";

/**
 * The cluster of a sandbox: the sandbox's Postgres is behind a Service in it, and the operator reads
 * from the sandbox's Connect. Until `keep` is called it ends with this process.
 */
export async function openSandboxCluster(
  sandbox: Sandbox,
  tools: ClusterTools,
): Promise<{ readonly cluster: Cluster; readonly keep: () => Promise<void> }> {
  const home = clusterHomeOf(sandbox.home);
  const owner = isClusterRunning(home) ? {} : { owner: process.pid };
  const cluster = await openCluster({ home, tools, ...owner });
  await addPostgres(cluster, { namespace: databaseNamespace, port: sandbox.superuser.port });
  const { OP_CONNECT_HOST: url = "", OP_CONNECT_TOKEN: token = "" } = sandbox.env;
  await addOperator(cluster, tools, { url, token, pollingInterval: 2 });
  return { cluster, keep: () => keepCluster(cluster) };
}

/**
 * Does for the Secrets what Argo CD does with the whole Git tree: applies its OnePasswordItems, in
 * namespaces that it makes. Then waits until the operator has made a Secret of each.
 *
 * @returns `namespace/name` of each
 */
export async function deliverItems(cluster: Cluster, gitops: string): Promise<string[]> {
  const items = existsSync(path.join(gitops, "k8s"))
    ? readManifests(path.join(gitops, "k8s")).filter((object) => object.kind === "OnePasswordItem")
    : [];
  const api = openApi(cluster.kubeconfig);
  for (const name of new Set(items.map(toNamespace))) await apply(api, namespace(name));
  const names: string[] = [];
  for (const item of items) {
    await apply(api, item);
    const where = { name: item.metadata.name, namespace: toNamespace(item) };
    const header = { apiVersion: "v1", kind: "Secret", metadata: where };
    const what = `${where.namespace}/${where.name}`;
    await waitFor(`the operator's Secret ${what}`, () => api.read(header).catch(() => undefined));
    names.push(what);
  }
  return names;
}

function toNamespace(item: Manifest): string {
  return item.metadata.namespace ?? "default";
}
