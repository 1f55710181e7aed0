import type { ApplicationSettings, SyncPolicySpec } from "../../config/spec/argocd.ts";
import type { ArgoCdSpec } from "../../config/spec/delivery.ts";
import type { ObjectMetadata } from "../../secrets/object-metadata.ts";
import { CASCADE_FINALIZER } from "../metadata.ts";

export type ApplicationSource =
  | {
      readonly repoURL: string;
      readonly targetRevision: string;
      readonly path: string;
      readonly kustomize?: Readonly<Record<string, unknown>>;
      readonly directory?: { readonly recurse: boolean };
    }
  | { readonly repoURL: string; readonly targetRevision: string; readonly ref: string }
  | {
      readonly repoURL: string;
      readonly targetRevision: string;
      readonly chart: string;
      readonly helm: HelmValues & {
        readonly releaseName?: string;
        readonly valueFiles?: readonly string[];
        readonly ignoreMissingValueFiles?: boolean;
      };
    };

/** A chart's values, as an object or as the text of a values file. */
export type HelmValues =
  | { readonly valuesObject: Readonly<Record<string, unknown>> }
  | { readonly values: string };

export interface ApplicationArgs extends ArgoCdSpec, Omit<ObjectMetadata, "namespace"> {
  /** Namespace of objects without one. */
  readonly destinationNamespace: string;
  readonly sources: readonly [ApplicationSource, ...ApplicationSource[]];
  /** `items`: what Secrets are made from, and a Job. `workload`: an app, with the volumes of its chart. */
  readonly holds: "items" | "workload";
  readonly settings: ApplicationSettings;
}

/**
 * Manifest of an Application.
 *
 * Deleting an Application must never delete data. So an Application with a workload has no finalizer unless the
 * stack file asks for it: when its file is deleted, all it applied keeps running, volumes included. An Application
 * with `items` has the finalizer: the Secrets are copies of 1Password items, and a credential must not outlive its
 * app.
 *
 * Argo CD creates an app's namespace (`CreateNamespace=true`), but not the database's: if that is missing,
 * its name is wrong. Other namespaces must exist, and the AppProject must allow them.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml
 */
export function buildApplication(args: ApplicationArgs) {
  const { name, argocdNamespace, labels, annotations, sources, holds, settings } = args;
  const { finalizer = holds === "items" ? "foreground" : "none", ignoreDifferences } = settings;
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: {
      name,
      namespace: argocdNamespace,
      labels,
      annotations,
      ...(finalizer === "none" ? {} : { finalizers: [finalizers[finalizer]] }),
    },
    spec: {
      project: args.project,
      destination: { ...settings.destination, namespace: args.destinationNamespace },
      ...(sources.length === 1 ? { source: sources[0] } : {}),
      ...(sources.length === 1 ? {} : { sources }),
      ...(ignoreDifferences.length === 0 ? {} : { ignoreDifferences }),
      syncPolicy: toSyncPolicy(settings.syncPolicy, holds),
    },
  };
}

export type Application = ReturnType<typeof buildApplication>;

const finalizers = {
  foreground: CASCADE_FINALIZER,
  background: `${CASCADE_FINALIZER}/background`,
} as const;

/** With `allowEmpty: false` an empty source deletes nothing. */
function toSyncPolicy(
  { automated, retry, syncOptions }: SyncPolicySpec,
  holds: ApplicationArgs["holds"],
) {
  const isSet = syncOptions.some((option) => option.startsWith("CreateNamespace="));
  const options = [
    ...(holds === "workload" && !isSet ? ["CreateNamespace=true"] : []),
    ...syncOptions,
  ];
  return {
    ...(automated === undefined ? {} : { automated: { ...automated, allowEmpty: false } }),
    ...(retry === undefined ? {} : { retry }),
    ...(options.length === 0 ? {} : { syncOptions: options }),
  };
}
