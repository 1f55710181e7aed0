import type { EndpointSpec } from "../../components/config/spec.ts";

/** One right, in RBAC's words. */
export interface KubeRight {
  readonly verb: "get" | "list" | "create";
  /** With its subresource: `pods/portforward`. */
  readonly resource: string;
  readonly namespace: string;
}

/**
 * The rights that Berth's port-forward uses. Pure.
 *
 * @param minor Of Kubernetes 1.x. Since 1.35 a port-forward by websocket needs `create` besides `get`.
 */
export function planRights(
  endpoint: Extract<EndpointSpec, { kind: "kubernetes" }>,
  minor: number,
): readonly KubeRight[] {
  const { namespace, target } = endpoint;
  const found =
    target.kind === "service"
      ? ([
          ["get", "services"],
          ["list", "pods"],
        ] as const)
      : ([["get", "pods"]] as const);
  const forward = [
    ["get", "pods/portforward"],
    ...(minor >= 35 ? ([["create", "pods/portforward"]] as const) : []),
  ] as const;
  return [...found, ...forward].map(([verb, resource]) => ({ verb, resource, namespace }));
}

/**
 * The question to the API server whether the asking user holds a right. Answering it keeps nothing.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/
 */
export function toReview({ verb, resource: full, namespace }: KubeRight): unknown {
  const [resource, subresource] = full.split("/");
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        namespace,
        verb,
        group: "",
        resource,
        ...(subresource === undefined ? {} : { subresource }),
      },
    },
  };
}
