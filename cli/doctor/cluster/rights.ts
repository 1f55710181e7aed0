import { kindOf } from "../../../components/delivery/cluster/kinds.ts";
import { type ClusterPlan, listObjects } from "../../../components/delivery/cluster/objects.ts";
import { groupOf } from "../../../components/delivery/yaml.ts";
import type { KubeRight } from "../../../components/kubernetes/rbac.ts";
import type { KubeTarget } from "../../../components/tunnel/target.ts";

/** The rights for the port-forward. Pure. From Kubernetes 1.35 it needs `create` as well as `get`. */
export function planRights(
  endpoint: Pick<KubeTarget, "namespace" | "target">,
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

/** The rights for cluster mode: also on namespaces, because the uid of kube-system identifies the cluster. Pure. */
export function planDeliveryRights(plans: readonly ClusterPlan[]): readonly KubeRight[] {
  const objects = plans.flatMap(listObjects).map((object) => {
    const { kind, resource } = kindOf(object);
    const group = groupOf(object);
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
