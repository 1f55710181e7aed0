/** What starts an app, and where its manifests go; part of `StackSpec`. */

/** What Argo CD starts for the app; its Secrets are separate manifests. */
export type WorkloadSpec =
  | {
      readonly kind: "helm";
      readonly repoURL: string;
      readonly chart: string;
      readonly version: string;
      readonly values: Readonly<Record<string, unknown>>;
      /** undefined = Argo CD's default, the Application's name. */
      readonly releaseName?: string | undefined;
      /** In the chart or, as `$<ref>/path`, in one of `refs`. */
      readonly valueFiles?: readonly string[] | undefined;
      readonly ignoreMissingValueFiles?: boolean | undefined;
      /** Repositories of value files. */
      readonly refs?:
        | readonly {
            readonly name: string;
            readonly repoURL: string;
            readonly targetRevision: string;
          }[]
        | undefined;
    }
  | {
      readonly kind: "git";
      readonly repoURL: string;
      readonly path: string;
      readonly targetRevision: string;
      /** ConfigMap with where the database is; undefined = none. */
      readonly configMap?: string | undefined;
      /** kustomize's options, in Argo CD's words. */
      readonly kustomize?: Readonly<Record<string, unknown>> | undefined;
    };

/** Where an app's manifests go; `none` if the stack file has neither `gitops` nor `cluster`. */
export type Delivery = "git" | "cluster" | "none";

export interface ArgoCdSpec {
  readonly argocdNamespace: string;
  readonly project: string;
}

/** Where manifests go in Git mode and what the Applications in it refer to. */
export interface GitOpsSpec extends ArgoCdSpec {
  /** Checkout of the GitOps repository, relative to the project folder. */
  readonly directory: string;
  /** Its path in the repository; empty = the root, undefined = as git says. */
  readonly path: string | undefined;
  /** The same repository as Argo CD sees it. */
  readonly repoURL: string;
  readonly targetRevision: string;
  /** What applies the manifests. */
  readonly workloads: "argocd" | "flux" | "none";
  readonly flux: FluxSpec;
  /** Overwrite files that Berth did not make. */
  readonly adopt: boolean;
  /** Commit the files at the end of `up`. */
  readonly commit: boolean;
}

/** Flux, where it applies the manifests. */
export interface FluxSpec {
  /** Namespace of the Kustomizations and of their source. */
  readonly namespace: string;
  /** GitRepository of the GitOps repository. */
  readonly source: string;
  readonly interval: string;
}

/** Where manifests go in cluster mode. */
export interface ClusterSpec extends ArgoCdSpec {
  /** Path of a kubeconfig; undefined = KUBECONFIG or ~/.kube/config. */
  readonly kubeconfig: string | undefined;
  /** Always named, because the kubeconfig's current context changes too easily. */
  readonly context: string;
  /** UID of the namespace kube-system: the cluster this stack is for. */
  readonly identifier: string | undefined;
  /** Create the namespaces that Secrets go to, except the database's. */
  readonly createNamespaces: boolean;
  /** What starts the apps. */
  readonly workloads: "argocd" | "none";
  /** Adopt objects that this stack did not make. */
  readonly adopt: boolean;
}
