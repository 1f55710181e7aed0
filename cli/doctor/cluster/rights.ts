import type { EndpointSpec } from "../../../components/config/spec/postgres.ts";
import { kindOf } from "../../../components/delivery/cluster/kinds.ts";
import { type ClusterPlan, listObjects } from "../../../components/delivery/cluster/objects.ts";
import type { KubeRight } from "../../../components/kubernetes/rights.ts";

/**
 * The rights that Berth's port-forward needs. Pure.
 *
 * @param minor Minor version of Kubernetes 1.x. From 1.35 a port-forward by websocket needs `create` as well as
 * `get`.
 */
export function planRights(
  endpoint: Extract<EndpointSpec, { kind: "kubernetes" }>,
  minor: number,
): readonly KubeRight[] {
  const { namespace, target } = endpoint;
  const found = {
    service: [
      ["get", "services"],
      ["list", "pods"],
    ],
    pod: [["get", "pods"]],
    selector: [["list", "pods"]],
  } as const;
  const forward = [
    ["get", "pods/portforward"],
    ...(minor >= 35 ? ([["create", "pods/portforward"]] as const) : []),
  ] as const;
  return [...found[target.kind], ...forward].map(([verb, resource]) => ({
    verb,
    resource,
    namespace,
  }));
}

/**
 * The rights that cluster mode needs: on each kind in each namespace, and on namespaces, because the uid of
 * kube-system identifies the cluster. Pure.
 */
export function planDeliveryRights(plans: readonly ClusterPlan[]): readonly KubeRight[] {
  const objects = plans.flatMap(listObjects).map((object) => {
    const { kind, apiVersion, resource } = kindOf(object);
    const group = apiVersion.includes("/") ? apiVersion.replace(/\/.*/, "") : "";
    // Pulumi watches an object that it deletes. It never deletes a namespace.
    const more = kind === "Namespace" ? [] : (["delete", "list", "watch"] as const);
    const verbs = ["get", "create", "patch", ...more] as const;
    const { namespace } = object.metadata;
    const pods = kind === "Job" ? (["list", "watch"] as const) : [];
    return [
      ...verbs.map((verb): KubeRight => ({ verb, group, resource, namespace })),
      // Pulumi reads these while it waits for a Job.
      ...pods.map((verb): KubeRight => ({ verb, group: "", resource: "pods", namespace })),
    ];
  });
  const places = plans.flatMap(listObjects).flatMap(({ metadata }) => metadata.namespace ?? []);
  const read = ["kube-system", ...places].map(
    (name) =>
      ({ verb: "get", group: "", resource: "namespaces", namespace: undefined, name }) as const,
  );
  const all = [...read, ...objects.flat()];
  return [...new Map(all.map((right) => [JSON.stringify(right), right])).values()];
}
