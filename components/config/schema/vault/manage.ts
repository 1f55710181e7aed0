import { z } from "zod";
import { DnsLabel, ItemName, optionalBut, PgName, Port, Text } from "../primitives.ts";
import {
  Claims,
  NamespacedName,
  PemFile,
  PolicyPath,
  VaultPath,
  VaultPolicy,
  VaultRole,
  VaultUrl,
} from "./names.ts";

const Kubernetes = z
  .strictObject({
    host: VaultUrl.describe(
      "URL of the API server, as Vault reaches it. Default: https://kubernetes.default.svc, for a Vault in the cluster.",
    ),
    caFile: PemFile.describe(
      "PEM file with the CA of the API server. Default: the CA of the Pod that Vault runs in.",
    ),
  })
  .partial();

const Database = z
  .strictObject({
    user: PgName.describe("Vault's own login to Postgres, which has CREATEROLE. Default: vault."),
    item: ItemName.describe(
      "1Password item with that login. Required where `pulumi up` makes the connections of apps with `credentials: vault`.",
    ),
    host: Text.describe("Host of Postgres, as Vault reaches it. Default: postgres.service.host."),
    port: Port.describe("Port at that host. Default: postgres.service.port."),
  })
  .partial();

const Operator = z
  .strictObject({
    namespace: DnsLabel.describe(
      "Namespace of the operator. Default: vault-secrets-operator-system.",
    ),
    serviceAccount: DnsLabel.describe(
      "Its ServiceAccount. Default: vault-secrets-operator-controller-manager.",
    ),
    transit: VaultPath.describe("Mount of the transit engine. Default: transit."),
    key: VaultRole.describe("Key that the cache is encrypted with. Default: vso-client-cache."),
    role: VaultRole.describe(
      "Role of the operator in the Kubernetes auth method. Default: vault-secrets-operator.",
    ),
    policy: VaultPolicy.describe("Policy that lets it use the key. Default: vso-client-cache."),
  })
  .partial();

const Capability = z.enum(["create", "read", "update", "patch", "delete", "list"]);

const Ci = z
  .strictObject({
    mount: VaultPath.describe("Mount of the JWT auth method."),
    discoveryUrl: VaultUrl.describe(
      "OIDC discovery URL of the issuer of the tokens. Give this, `jwksUrl` or `publicKeys`.",
    ),
    jwksUrl: VaultUrl.describe("URL of the keys that the tokens are signed with."),
    publicKeys: z
      .array(
        z.string().startsWith("-----BEGIN PUBLIC KEY-----", { error: "is no public key in PEM" }),
      )
      .min(1, { error: "is empty" })
      .describe("Public keys in PEM that the tokens are signed with."),
    issuer: Text.describe("Claim `iss` that a token must have. Default: any."),
    audience: Text.describe("Claim `aud` that a token must have."),
    userClaim: Text.describe("Claim that names the user in Vault. Default: email."),
    role: z
      .string()
      .regex(/^[\w.-]*\{app\}[\w.-]*$/, {
        error: "is not a name with {app}, by which each app has a role of its own",
      })
      .describe("Name of each app's role; {app} stands for the app. Default: ci-{app}."),
    claims: Claims.describe(
      "Claims that a token must have, by name; {app} stands for the app. Without one that has {app}, the pipeline of one app can log in as another.",
    ),
    paths: z
      .record(
        PolicyPath,
        z.array(Capability).min(1, { error: "is empty" }).describe("Capabilities on this path."),
      )
      .describe(
        "More that the pipeline of each app may do: paths of a policy with their capabilities; {app} stands for the app.",
      ),
  })
  .apply(optionalBut("mount", "audience"))
  .refine(
    ({ discoveryUrl, jwksUrl, publicKeys }) =>
      [discoveryUrl, jwksUrl, publicKeys].filter((one) => one !== undefined).length === 1,
    { error: "give one of discoveryUrl, jwksUrl and publicKeys" },
  );

const Reader = z.strictObject({
  serviceAccount: NamespacedName.describe("ServiceAccount that logs in, as namespace/name."),
  paths: z
    .array(PolicyPath)
    .min(1, { error: "is empty" })
    .describe("What it may read: paths of KV secrets, as kvv2/cms/factory/*."),
});

/** Under `berth:secrets.vault`. */
export const Manage = z
  .strictObject({
    half: z
      .enum(["all", "central", "apps", "none"])
      .describe(
        "Which objects `pulumi up` makes. apps: the roles of each app's ServiceAccounts and logins. central: all others, such as mounts, policies and connections. all: both. none: none; `plan --vault` prints the commands that make them. Default: all.",
      ),
    address: VaultUrl.describe(
      "URL of Vault, as this machine reaches it. Default: VAULT_ADDR, else that for the cluster.",
    ),
    caFile: PemFile.describe(
      "PEM file with the CA of that address. Default: VAULT_CACERT, else the system's CAs.",
    ),
    existing: z
      .array(VaultPath)
      .describe(
        "Mounts that others made, as kvv2 or auth/kubernetes. Berth uses them, and does not make, configure or remove them. Default: none.",
      ),
    kubernetes: Kubernetes.describe("How Vault checks tokens of ServiceAccounts."),
    database: Database.describe("How Vault reaches Postgres."),
    operator: Operator.describe(
      "The Vault Secrets Operator, whose cache Vault encrypts. Default: nothing for it.",
    ),
    ci: Ci.describe("How pipelines log in to Vault. Default: nothing for them."),
    readers: z
      .record(VaultPolicy, Reader.describe("Its name is that of the policy and the role."))
      .describe("Others than apps who read secrets, by name. Default: none."),
  })
  .partial();
