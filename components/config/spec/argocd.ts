/** What Argo CD is asked to do; part of `StackSpec` and `AppSpec`. */

/** The cluster that Argo CD runs in. */
export const ownCluster = "https://kubernetes.default.svc";

/** A cluster, by its API server or by its name in Argo CD. */
export type DestinationSpec = { readonly server: string } | { readonly name: string };

export interface SyncPolicySpec {
  /** undefined = somebody starts each sync. */
  readonly automated: { readonly prune: boolean; readonly selfHeal: boolean } | undefined;
  /** undefined = as Argo CD does it by itself. */
  readonly retry:
    | {
        readonly limit: number;
        readonly backoff: {
          readonly duration: string;
          readonly factor: number;
          readonly maxDuration: string;
        };
      }
    | undefined;
  /** `Name=value`, in addition to what Berth sets. */
  readonly syncOptions: readonly string[];
}

/** Fields of objects that Argo CD leaves as they are. */
export interface IgnoredDifference {
  readonly kind: string;
  readonly group?: string | undefined;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly jsonPointers?: readonly string[] | undefined;
  readonly jqPathExpressions?: readonly string[] | undefined;
  readonly managedFieldsManagers?: readonly string[] | undefined;
}

/** What an Application says beside its sources. */
export interface ApplicationSettings {
  readonly destination: DestinationSpec;
  readonly syncPolicy: SyncPolicySpec;
  readonly ignoreDifferences: readonly IgnoredDifference[];
  /** undefined = foreground for what only has Secrets, none for a workload. */
  readonly finalizer: "none" | "foreground" | "background" | undefined;
}

export interface ArgoCdStackSpec extends ApplicationSettings {
  /** Pattern of the names of Applications, and of Flux's Kustomizations. */
  readonly names: string;
  /** Namespaced and cluster-wide kinds of workloads as `group/Kind`; undefined = Berth makes no AppProject. */
  readonly appProject:
    | { readonly kinds: readonly string[] | undefined; readonly clusterKinds: readonly string[] }
    | undefined;
  readonly parent: "none" | "application" | "application-set";
  readonly parentProject: string;
}

/** Settings of one app, with the stack's filled in. */
export interface ArgoCdAppSpec extends ApplicationSettings {
  /** Name of the app's Application or Kustomization. */
  readonly application: string;
  /** Name of the one that brings the database's manifests. */
  readonly provisioner: string;
  /** AppProject of the app's Application; undefined = the stack's. */
  readonly project: string | undefined;
}

export interface LabelsAndAnnotations {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Labels and annotations by kind; `all` = on every object. */
export type MetadataSpec = Readonly<Record<string, LabelsAndAnnotations | undefined>>;
