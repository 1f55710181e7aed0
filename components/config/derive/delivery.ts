import type { StackConfig } from "../schema/stack.ts";
import type { ClusterSpec, Delivery, GitOpsSpec } from "../spec/delivery.ts";
import type { PostgresSpec } from "../spec/postgres.ts";
import type { ConnectServerSpec, ConnectSpec, SecretsSpec, StoreSpec } from "../spec/secrets.ts";
import { defaultProject } from "./argocd.ts";
import { storeName } from "./names.ts";
import { toVaultSpec } from "./vault.ts";

/** Git mode, with defaults filled in; undefined = the stack file has no `gitops`. */
export function toGitOpsSpec(stack: string, config: StackConfig): GitOpsSpec | undefined {
  const { gitops } = config;
  if (gitops === undefined) return undefined;
  return {
    directory: gitops.directory,
    path: gitops.path,
    repoURL: gitops.repoURL,
    targetRevision: gitops.targetRevision ?? "main",
    workloads: gitops.workloads ?? "argocd",
    flux: {
      namespace: gitops.flux?.namespace ?? "flux-system",
      source: gitops.flux?.source ?? "flux-system",
      interval: gitops.flux?.interval ?? "10m",
    },
    argocdNamespace: gitops.argocdNamespace ?? "argocd",
    project: gitops.project ?? defaultProject(stack, config),
    adopt: gitops.adopt ?? false,
    commit: gitops.commit ?? false,
  };
}

/** Cluster mode, with defaults filled in; undefined = no `cluster`. `rules/manifests/delivery.ts` refuses an empty context. */
export function toClusterSpec(stack: string, config: StackConfig): ClusterSpec | undefined {
  const { cluster, postgres } = config;
  if (cluster === undefined) return undefined;
  const { kubernetes } = postgres.endpoint;
  return {
    kubeconfig: cluster.kubeconfig ?? kubernetes?.kubeconfig,
    context: cluster.context ?? kubernetes?.context ?? "",
    identifier: cluster.identifier,
    createNamespaces: cluster.createNamespaces ?? true,
    workloads: cluster.workloads ?? "argocd",
    argocdNamespace: cluster.argocdNamespace ?? "argocd",
    project: cluster.project ?? defaultProject(stack, config),
    adopt: cluster.adopt ?? false,
  };
}

/** Where the manifests of an app without `delivery` go. */
export function defaultDelivery(config: Pick<StackConfig, "gitops" | "cluster">): Delivery {
  if (config.gitops !== undefined) return "git";
  return config.cluster === undefined ? "none" : "cluster";
}

/** How Secrets get into their namespaces. What the apps share is in that of the database. */
export function toSecretsSpec(
  stack: string,
  config: StackConfig,
  postgres: Pick<PostgresSpec, "namespace" | "service">,
): SecretsSpec {
  const { secrets } = config;
  const { store } = secrets ?? {};
  return {
    through: secrets?.through ?? "onepassword-item",
    store: store && toStoreSpec(stack, store, postgres.namespace),
    refreshInterval: secrets?.refreshInterval ?? "1h0m0s",
    vault: toVaultSpec(stack, config, postgres),
  };
}

type Store = NonNullable<NonNullable<StackConfig["secrets"]>["store"]>;

function toStoreSpec(
  stack: string,
  { kind, name, connect, readers = [] }: Store,
  namespace: string,
): StoreSpec {
  return {
    kind: kind ?? "ClusterSecretStore",
    name: name ?? (connect === undefined ? "" : storeName(stack)),
    connect: connect && toConnectSpec(connect, namespace),
    readers,
  };
}

function toConnectSpec(connect: NonNullable<Store["connect"]>, namespace: string): ConnectSpec {
  const { tokenSecret, host = "" } = connect;
  const deploy = connect.deploy && toServer(connect.deploy, tokenSecret.namespace ?? namespace);
  return {
    host: deploy === undefined ? host : `http://${deploy.name}.${deploy.namespace}:8080`,
    token: { name: tokenSecret.name, key: tokenSecret.key ?? "token" },
    tokenNamespace: tokenSecret.namespace,
    deploy,
  };
}

function toServer(
  given: NonNullable<NonNullable<Store["connect"]>["deploy"]>,
  namespace: string,
): ConnectServerSpec {
  const { name = "op-credentials", key = "1password-credentials.json" } =
    given.credentialsSecret ?? {};
  return {
    name: given.name ?? "onepassword-connect",
    namespace: given.namespace ?? namespace,
    credentials: { name, key },
    version: given.version ?? "1.8.2",
    clients: given.clients ?? ["external-secrets"],
    serviceMonitor: given.serviceMonitor ?? false,
  };
}
