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

/** Every kind that Berth writes. */
export const KINDS: readonly Kind[] = [
  ...toKinds("v1", ["Namespace", "ServiceAccount", "ConfigMap", "Secret", "Service"]),
  ...toKinds("apps/v1", ["Deployment"]),
  ...toKinds("batch/v1", ["Job", "CronJob"]),
  ...toKinds("networking.k8s.io/v1", ["NetworkPolicy"]),
  ...toKinds("rbac.authorization.k8s.io/v1", ["Role", "RoleBinding"]),
  ...toKinds("monitoring.coreos.com/v1", ["ServiceMonitor"], prometheusOperator),
  ...toKinds("onepassword.com/v1", ["OnePasswordItem"], onePasswordOperator),
  ...toKinds("argoproj.io/v1alpha1", ["Application", "AppProject", "ApplicationSet"], argoCd),
  ...toKinds(
    "external-secrets.io/v1",
    ["ExternalSecret", "ClusterSecretStore", "SecretStore"],
    externalSecrets,
  ),
  ...toKinds("kustomize.toolkit.fluxcd.io/v1", ["Kustomization"], flux),
  ...toKinds(
    "secrets.hashicorp.com/v1beta1",
    ["VaultConnection", "VaultAuth", "VaultStaticSecret", "VaultDynamicSecret"],
    vaultSecretsOperator,
  ),
];

function toKinds(apiVersion: string, kinds: readonly string[], source?: string): readonly Kind[] {
  return kinds.map((kind) => ({
    apiVersion,
    kind,
    resource: `${kind.toLowerCase()}s`.replace(/ys$/, "ies"),
    source,
  }));
}

export function kindOf(object: { readonly apiVersion: string; readonly kind: string }): Kind {
  const found = KINDS.find(
    (row) => row.apiVersion === object.apiVersion && row.kind === object.kind,
  );
  if (found === undefined) throw new Error(`${object.kind}.${object.apiVersion} is not in KINDS`);
  return found;
}
