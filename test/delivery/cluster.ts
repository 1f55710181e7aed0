import type { ClusterSpec } from "../../components/config/spec/delivery.ts";

/** A cluster with every default. */
export const CLUSTER: ClusterSpec = {
  kubeconfig: undefined,
  context: "home",
  identifier: undefined,
  createNamespaces: true,
  workloads: "argocd",
  argocdNamespace: "argocd",
  project: "default",
  adopt: false,
};
