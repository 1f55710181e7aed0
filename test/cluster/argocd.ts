import path from "node:path";
import type { Cluster } from "../../dev/cluster/cluster.ts";
import {
  apply,
  type Manifest,
  namespace,
  openApi,
  readManifests,
} from "../../dev/cluster/objects.ts";
import { waitForSecrets } from "../../dev/cluster/sandbox-cluster.ts";

const stores = ["ClusterSecretStore", "SecretStore"];
/** An operator makes a Secret of the same name from each. */
const items = ["OnePasswordItem", "ExternalSecret"];

/**
 * Does for the Secrets what Argo CD does with the whole Git tree: applies what operators make them from, in
 * namespaces that it makes. Then waits until each is there.
 *
 * @returns `namespace/name` of each
 */
export async function deliverItems(cluster: Cluster, gitops: string): Promise<string[]> {
  return await deliver(cluster, readManifests(path.join(gitops, "k8s")));
}

/** The same for these manifests. */
export async function deliver(cluster: Cluster, manifests: readonly Manifest[]): Promise<string[]> {
  const all = [...stores, ...items].flatMap((kind) => manifests.filter((one) => one.kind === kind));
  const api = openApi(cluster.kubeconfig);
  const namespaces = all.flatMap(({ metadata }) => metadata.namespace ?? []);
  for (const name of new Set(namespaces)) await apply(api, namespace(name));
  for (const object of all) await apply(api, object);
  return await waitForSecrets(
    cluster,
    all.filter(({ kind }) => items.includes(kind)),
  );
}
