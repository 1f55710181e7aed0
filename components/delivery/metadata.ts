/**
 * When Argo CD applies an object. Every object gets its wave explicitly, since without one a custom
 * resource comes after the Jobs and Deployments that need it, whatever its file is called.
 *
 * The Applications' waves order them inside the parent Application that reads `argocd/apps`, and
 * gate on health only if argocd-cm restores the health check of Application. The items' wave
 * orders them before a workload's objects, which are in wave 0 unless they say otherwise.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
 */
export const WAVES = {
  adminApplication: 10,
  provisionerApplication: 15,
  appApplication: 20,
  stores: -20,
  items: -10,
  jobFiles: -5,
  job: 0,
} as const;

/**
 * Makes deleting an Application delete what it applied.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/app_deletion/
 */
export const CASCADE_FINALIZER = "resources-finalizer.argocd.argoproj.io";

/**
 * Labels of everything Berth writes; the operator copies an item's labels to its Secret. Not
 * `app.kubernetes.io/instance`: Argo CD may track by that one and would then claim the Secret.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function toLabels(partOf: string): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/managed-by": "berth", "app.kubernetes.io/part-of": partOf };
}

/** Part-of label of what the apps of a stack share. */
export const SHARED = "shared";

/** The sync wave as an annotation, whose value must be a string. */
export function toWaveAnnotation(
  wave: (typeof WAVES)[keyof typeof WAVES],
): Readonly<Record<string, string>> {
  return { "argocd.argoproj.io/sync-wave": String(wave) };
}
