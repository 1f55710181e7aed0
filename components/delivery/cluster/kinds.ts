/** A kind that Berth applies to a cluster. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  /** Plural, as in the API's paths. */
  readonly resource: string;
  /** What installs the kind in a cluster; undefined = Kubernetes has it. */
  readonly source: string | undefined;
}

const onePasswordOperator =
  "the 1Password operator (helm install connect connect --repo https://1password.github.io/connect-helm-charts --set operator.create=true)";
const argoCd = "Argo CD (helm install argocd argo-cd --repo https://argoproj.github.io/argo-helm)";
const flux = "Flux (flux install)";
const externalSecrets =
  "External Secrets 0.16 or newer (helm install external-secrets external-secrets --repo https://charts.external-secrets.io)";
const prometheusOperator =
  "the Prometheus Operator (helm install kube-prometheus-stack kube-prometheus-stack --repo https://prometheus-community.github.io/helm-charts)";
const vaultSecretsOperator =
  "the Vault Secrets Operator (helm install vault-secrets-operator vault-secrets-operator --repo https://helm.releases.hashicorp.com)";
const vaultResources = {
  VaultConnection: "vaultconnections",
  VaultAuth: "vaultauths",
  VaultStaticSecret: "vaultstaticsecrets",
  VaultDynamicSecret: "vaultdynamicsecrets",
} as const;

/** Every kind that Berth writes. */
export const KINDS: readonly Kind[] = [
  { apiVersion: "v1", kind: "Namespace", resource: "namespaces", source: undefined },
  { apiVersion: "v1", kind: "ServiceAccount", resource: "serviceaccounts", source: undefined },
  { apiVersion: "v1", kind: "ConfigMap", resource: "configmaps", source: undefined },
  { apiVersion: "v1", kind: "Secret", resource: "secrets", source: undefined },
  { apiVersion: "v1", kind: "Service", resource: "services", source: undefined },
  { apiVersion: "apps/v1", kind: "Deployment", resource: "deployments", source: undefined },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    resource: "networkpolicies",
    source: undefined,
  },
  {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    resource: "servicemonitors",
    source: prometheusOperator,
  },
  { apiVersion: "batch/v1", kind: "Job", resource: "jobs", source: undefined },
  { apiVersion: "batch/v1", kind: "CronJob", resource: "cronjobs", source: undefined },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    resource: "roles",
    source: undefined,
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    resource: "rolebindings",
    source: undefined,
  },
  {
    apiVersion: "onepassword.com/v1",
    kind: "OnePasswordItem",
    resource: "onepassworditems",
    source: onePasswordOperator,
  },
  {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    resource: "applications",
    source: argoCd,
  },
  {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AppProject",
    resource: "appprojects",
    source: argoCd,
  },
  {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "ApplicationSet",
    resource: "applicationsets",
    source: argoCd,
  },
  {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    resource: "externalsecrets",
    source: externalSecrets,
  },
  {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    resource: "clustersecretstores",
    source: externalSecrets,
  },
  {
    apiVersion: "external-secrets.io/v1",
    kind: "SecretStore",
    resource: "secretstores",
    source: externalSecrets,
  },
  {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    resource: "kustomizations",
    source: flux,
  },
  ...Object.entries(vaultResources).map(([kind, resource]) => ({
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind,
    resource,
    source: vaultSecretsOperator,
  })),
];

export function kindOf(object: { readonly apiVersion: string; readonly kind: string }): Kind {
  const found = KINDS.find(
    (row) => row.apiVersion === object.apiVersion && row.kind === object.kind,
  );
  if (found === undefined) throw new Error(`${object.kind}.${object.apiVersion} is not in KINDS`);
  return found;
}
