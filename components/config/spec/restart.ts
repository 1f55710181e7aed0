/** Something that can be restarted. `argo.Rollout` only the Vault Secrets Operator restarts. */
export interface RestartTarget {
  readonly kind: "Deployment" | "DaemonSet" | "StatefulSet" | "argo.Rollout";
  readonly name: string;
}
