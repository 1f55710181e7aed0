import { z } from "zod";
import { Flux } from "./manifests/argocd.ts";
import { DnsLabel, optionalBut, RepositoryPath, Text } from "./primitives.ts";
import { LoginInterval } from "./secret.ts";
import { Keys, SecretKeyName } from "./secret-keys.ts";
import { Vault } from "./vault/stack.ts";

/** Git mode. */
export const GitOps = z
  .strictObject({
    directory: Text.describe("Checkout of the GitOps repository, relative to the project folder."),
    path: RepositoryPath.describe(
      "Path of the directory in the repository. Default: what git says of the checkout; needed only where a run has no checkout, as a preview in CI.",
    ),
    repoURL: Text.describe("The same repository as Argo CD sees it."),
    targetRevision: Text.describe("Branch that Argo CD follows. Default: main."),
    workloads: z
      .enum(["argocd", "flux", "none"])
      .describe(
        "What applies the manifests: argocd (Applications), flux (Kustomizations), or none (Berth writes only what the Secrets are made from). Default: argocd.",
      ),
    flux: Flux.describe("For workloads: flux."),
    argocdNamespace: DnsLabel.describe("Namespace of the Application objects. Default: argocd."),
    project: Text.describe("Argo CD AppProject. Default: default."),
    adopt: z.boolean().describe("Overwrite files that Berth did not make. Default: false."),
    commit: z
      .boolean()
      .describe(
        "At the end of up, commit the files that changed, on the branch that is checked out. Berth never pushes. Default: false.",
      ),
  })
  .apply(optionalBut("directory", "repoURL"));

/** Cluster mode. */
export const Cluster = z
  .strictObject({
    kubeconfig: Text.describe(
      "Path of a kubeconfig. Default: that of the endpoint, else KUBECONFIG.",
    ),
    context: Text.describe(
      "Context of the kubeconfig; must be named. Default: that of the endpoint.",
    ),
    identifier: Text.describe(
      "UID of the cluster's namespace kube-system; Berth applies nothing to another cluster.",
    ),
    createNamespaces: z
      .boolean()
      .describe(
        "Create the apps' namespaces if they do not exist; Berth never deletes them. Default: true.",
      ),
    workloads: z
      .enum(["argocd", "none"])
      .describe("What starts the apps: argocd (Applications) or none. Default: argocd."),
    argocdNamespace: DnsLabel.describe("Namespace of the Application objects. Default: argocd."),
    project: Text.describe("Argo CD AppProject. Default: default."),
    adopt: z.boolean().describe("Adopt objects that this stack did not make. Default: false."),
  })
  .partial();

export const SecretsThrough = z.enum(["onepassword-item", "external-secret"]);

const ConnectServer = z
  .strictObject({
    name: DnsLabel.describe(
      "Name of the Deployment and the Service. Default: onepassword-connect.",
    ),
    namespace: DnsLabel.describe(
      "Its namespace, which must exist. Default: that of tokenSecret, else the database's.",
    ),
    credentialsSecret: z
      .strictObject({
        name: DnsLabel.describe("Name of the Secret. Default: op-credentials."),
        key: SecretKeyName.describe("Key in it. Default: 1password-credentials.json."),
      })
      .partial()
      .describe(
        "The Secret with the file 1password-credentials.json of the server; it must exist there.",
      ),
    version: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/, { error: "is not a version; write it as 1.8.2" })
      .describe("Version of Connect. Default: 1.8.2."),
    clients: z
      .array(DnsLabel)
      .min(1, { error: "is empty; name the namespace of External Secrets" })
      .describe(
        "Namespaces whose Pods may connect: those of External Secrets, of Prometheus, and of the 1Password operator. Default: [external-secrets].",
      ),
    serviceMonitor: z
      .boolean()
      .describe(
        "ServiceMonitors of Connect, and of External Secrets in the namespaces of `clients`. Default: false.",
      ),
  })
  .partial();

const Connect = z
  .strictObject({
    deploy: ConnectServer.describe("With this Berth makes the server. Give this or `host`."),
    host: z
      .url({ protocol: /^https?$/, error: "is not a URL; write it as http://connect.example:8080" })
      .refine((url) => !/\/v1\/?$/.test(url), { error: "must not end in /v1" })
      .describe("URL of 1Password Connect, as the cluster reaches it, if the server exists."),
    tokenSecret: z
      .strictObject({
        namespace: DnsLabel.describe(
          "Only for a ClusterSecretStore. A SecretStore reads the Secret in its own namespace.",
        ),
        name: DnsLabel.describe("Name of the Secret."),
        key: Text.describe("Key in it. Default: token."),
      })
      .partial({ namespace: true, key: true })
      .describe(
        "The Secret with Connect's token. It must exist; with kind SecretStore, in each namespace.",
      ),
  })
  .partial({ deploy: true, host: true })
  .check((ctx) => {
    const { deploy, host } = ctx.value;
    if ((deploy === undefined) !== (host === undefined)) return;
    const message = "give either `host` (the server exists) or `deploy` (Berth makes it)";
    ctx.issues.push({ code: "custom", message, input: host });
  })
  .describe("With this Berth makes the store. Without it the store must exist.");

export const Secrets = z
  .strictObject({
    through: SecretsThrough.describe(
      "Who makes Secrets from 1Password items, for apps without secretsThrough: onepassword-item (the 1Password operator) or external-secret (External Secrets). Default: onepassword-item.",
    ),
    store: z
      .strictObject({
        kind: z
          .enum(["ClusterSecretStore", "SecretStore"])
          .describe(
            "ClusterSecretStore: one for all namespaces. SecretStore: one in each. Default: ClusterSecretStore.",
          ),
        name: DnsLabel.describe("Name of the store. Default, if Berth makes it: berth-<stack>."),
        connect: Connect,
        readers: z
          .array(Text)
          .describe(
            "Groups of users that may read the state of ExternalSecrets and SecretStores in the apps' namespaces, and no Secret. Default: none.",
          ),
      })
      .partial()
      .describe("The store that ExternalSecrets read from."),
    refreshInterval: LoginInterval.describe(
      "How often External Secrets reads the items. Default: 1h0m0s.",
    ),
    keys: Keys.meta({ description: `For roles without keys. ${Keys.description ?? ""}` }),
    vault: Vault.describe("HashiCorp Vault, for apps that take secrets or logins from it."),
  })
  .partial();
