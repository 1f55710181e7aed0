import type { ObjectMetadata } from "../../secrets/object-metadata.ts";
import { CASCADE_FINALIZER } from "../metadata.ts";

/** One source of an Application's manifests. */
export type ApplicationSource =
  | { readonly repoURL: string; readonly targetRevision: string; readonly path: string }
  | {
      readonly repoURL: string;
      readonly targetRevision: string;
      readonly chart: string;
      readonly helm: HelmValues;
    };

/** A chart's values, as an object or as the text of a values file. */
export type HelmValues =
  | { readonly valuesObject: Readonly<Record<string, unknown>> }
  | { readonly values: string };

/** Argo CD's Application, with the fields that Berth writes. */
export interface Application {
  readonly apiVersion: "argoproj.io/v1alpha1";
  readonly kind: "Application";
  readonly metadata: ObjectMetadata & { readonly finalizers?: readonly string[] };
  readonly spec: {
    readonly project: string;
    readonly destination: { readonly server: string; readonly namespace: string };
    readonly source?: ApplicationSource;
    readonly sources?: readonly ApplicationSource[];
    readonly syncPolicy: typeof SYNC_POLICY & { readonly syncOptions?: readonly string[] };
  };
}

/** What {@link buildApplication} needs. */
export interface ApplicationArgs {
  readonly name: string;
  /** Namespace of the Application object. */
  readonly argocdNamespace: string;
  readonly project: string;
  /** Namespace of objects without one. */
  readonly destinationNamespace: string;
  readonly sources: readonly [ApplicationSource, ...ApplicationSource[]];
  /** `items`: what Secrets are made from, and a Job. `workload`: an app, with the volumes of its chart. */
  readonly holds: "items" | "workload";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * `prune` deletes the Secret of a role that was removed from the stack file. With `allowEmpty: false` an
 * empty source deletes nothing. The retries last half an hour, longer than the operator's polling interval
 * of ten minutes: the sync fails while the operator cannot read an item.
 */
const SYNC_POLICY = {
  automated: { prune: true, selfHeal: true, allowEmpty: false },
  retry: { limit: 10, backoff: { duration: "10s", factor: 2, maxDuration: "5m" } },
} as const;

/**
 * Manifest of an Application for the cluster that Argo CD runs in.
 *
 * Deleting an Application must never delete data. So an Application with a workload has no finalizer: when
 * its file is deleted, all it applied keeps running, volumes included. An Application with `items` has the
 * finalizer: the Secrets are copies of 1Password items, and a credential must not outlive its app.
 *
 * Argo CD creates an app's namespace (`CreateNamespace=true`), but not the database's: if that is missing,
 * its name is wrong. Other namespaces must exist, and the AppProject must allow them.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml
 */
export function buildApplication(args: ApplicationArgs): Application {
  const { name, argocdNamespace, labels, annotations, sources, holds } = args;
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: {
      name,
      namespace: argocdNamespace,
      labels,
      annotations,
      ...(holds === "items" ? { finalizers: [CASCADE_FINALIZER] } : {}),
    },
    spec: {
      project: args.project,
      destination: {
        server: "https://kubernetes.default.svc",
        namespace: args.destinationNamespace,
      },
      ...(sources.length === 1 ? { source: sources[0] } : { sources }),
      syncPolicy: {
        ...SYNC_POLICY,
        ...(holds === "workload" ? { syncOptions: ["CreateNamespace=true"] } : {}),
      },
    },
  };
}
