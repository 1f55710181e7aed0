import type { MetadataSpec } from "../config/spec/argocd.ts";

/**
 * Argo CD's sync waves, lowest first. Every object gets one, because Argo CD applies a custom resource
 * without a wave after the Jobs and Deployments that need it.
 *
 * Waves of Applications order them inside the parent Application that reads `argocd/apps`. Argo CD waits
 * for their health only if argocd-cm restores the health check of Application. Items come before the
 * objects of a workload, which are in wave 0 by default.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
 */
export const WAVES = {
  project: 5,
  adminApplication: 10,
  provisionerApplication: 15,
  appApplication: 20,
  connect: -30,
  stores: -20,
  items: -10,
  jobFiles: -5,
  certificateJob: -2,
  job: 0,
} as const;

export type Wave = (typeof WAVES)[keyof typeof WAVES];

/**
 * With this finalizer Argo CD deletes what an Application applied when the Application is deleted.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/app_deletion/
 */
export const CASCADE_FINALIZER = "resources-finalizer.argocd.argoproj.io";

/**
 * Labels of everything that Berth writes. The operators copy them to the Secrets, so the label
 * `app.kubernetes.io/instance` is left out: Argo CD may track by it and would then claim the Secret.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function toLabels(partOf: string): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/managed-by": "berth", "app.kubernetes.io/part-of": partOf };
}

/** The sync wave as an annotation, whose value must be a string. */
export function toWaveAnnotation(wave: Wave): Readonly<Record<string, string>> {
  return { "argocd.argoproj.io/sync-wave": String(wave) };
}

export function toMetadata(partOf: string, wave: Wave) {
  return { labels: toLabels(partOf), annotations: toWaveAnnotation(wave) };
}

/** The object with the labels and annotations of the stack file. What Berth itself writes wins. */
export function addMetadata<T extends WithMetadata>(object: T, settings: MetadataSpec): T {
  const more = [settings["all"], settings[object.kind]].filter((one) => one !== undefined);
  if (more.length === 0) return object;
  const { labels, annotations, ...rest } = object.metadata;
  const metadata = {
    ...rest,
    ...toKey("labels", [...more.map((one) => one.labels), labels]),
    ...toKey("annotations", [...more.map((one) => one.annotations), annotations]),
  };
  return { ...object, metadata };
}

type Texts = Readonly<Record<string, string>>;

interface WithMetadata {
  readonly kind: string;
  readonly metadata: { readonly labels?: Texts; readonly annotations?: Texts };
}

function toKey(key: "labels" | "annotations", texts: readonly (Texts | undefined)[]) {
  const all = Object.assign({}, ...texts) as Texts;
  return Object.keys(all).length === 0 ? {} : { [key]: all };
}

export function withoutArgoCd<T extends WithMetadata>(object: T): T {
  const { annotations, ...rest } = object.metadata;
  const left = Object.entries(annotations ?? {}).filter(
    ([key]) => !key.startsWith("argocd.argoproj.io/"),
  );
  return { ...object, metadata: { ...rest, ...toKey("annotations", [Object.fromEntries(left)]) } };
}
