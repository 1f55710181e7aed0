import type { ObjectMetadata } from "../../secrets/object-metadata.ts";
import { CASCADE_FINALIZER } from "../metadata.ts";

/** One place an Application takes manifests from. */
export type ApplicationSource =
  | { readonly repoURL: string; readonly targetRevision: string; readonly path: string }
  | {
      readonly repoURL: string;
      readonly targetRevision: string;
      readonly chart: string;
      readonly helm: { readonly valuesObject: Readonly<Record<string, unknown>> };
    };

/** Argo CD's Application, as far as Berth writes it. */
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
  /** Where the Application object lives. */
  readonly argocdNamespace: string;
  readonly project: string;
  /** Namespace of the objects that do not name one. */
  readonly destinationNamespace: string;
  /** One becomes `source`, several become `sources`. */
  readonly sources: readonly [ApplicationSource, ...ApplicationSource[]];
  /**
   * What the Application holds. `items`: OnePasswordItems only. `workload`: an app, with whatever
   * volumes its chart makes.
   */
  readonly holds: "items" | "workload";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * `prune` removes the Secret of a role that left the stack file; `allowEmpty: false` keeps a source
 * that renders nothing, by mistake, from pruning everything. The retries last half an hour, longer than
 * the operator's polling interval of ten minutes: an item it cannot read yet fails the sync.
 */
const SYNC_POLICY = {
  automated: { prune: true, selfHeal: true, allowEmpty: false },
  retry: { limit: 10, backoff: { duration: "10s", factor: 2, maxDuration: "5m" } },
} as const;

/**
 * Manifest of an Application in the cluster that Argo CD itself runs in.
 *
 * Deleting an Application must never delete data. One that starts a workload therefore has no
 * finalizer: when its file goes, everything it applied keeps running, volumes included, until
 * somebody deletes it on purpose. One with nothing but OnePasswordItems has the finalizer: their
 * Secrets are copies of what 1Password holds, and a credential should not outlive its app.
 *
 * An app's namespace is created (`CreateNamespace=true`), the database's is not: it exists, or its
 * name is wrong. Namespaces other than the destination's must exist, and the AppProject must allow
 * them.
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
