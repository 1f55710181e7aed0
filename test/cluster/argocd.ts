import path from "node:path";
import type { Cluster } from "../../dev/cluster/cluster.ts";
import { apply, namespace, openApi, readManifests } from "../../dev/cluster/objects.ts";
import { waitForSecrets } from "../../dev/cluster/sandbox-cluster.ts";

/**
 * Does for the Secrets what Argo CD does with the whole Git tree: applies its OnePasswordItems, in
 * namespaces that it makes. Then waits until the operator has made a Secret of each.
 *
 * @returns `namespace/name` of each
 */
export async function deliverItems(cluster: Cluster, gitops: string): Promise<string[]> {
  const manifests = readManifests(path.join(gitops, "k8s"));
  const items = manifests.filter((object) => object.kind === "OnePasswordItem");
  const api = openApi(cluster.kubeconfig);
  const namespaces = items.map(({ metadata }) => metadata.namespace ?? "default");
  for (const name of new Set(namespaces)) await apply(api, namespace(name));
  for (const item of items) await apply(api, item);
  return await waitForSecrets(cluster, items);
}
