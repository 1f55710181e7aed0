import { z } from "zod";
import { restartTargets } from "./manifests/restart.ts";
import { DnsLabel } from "./primitives.ts";

/** Where an engine or auth method is mounted, or a path below it. */
export const VaultPath = z.string().regex(/^[\w.@~+-]+(\/[\w.@~+-]+)*$/, {
  error: "is not a path in Vault; write it as wiki/config, without / at either end",
});

const VaultRole = z.string().regex(/^[\w.-]+$/, {
  error: "is not a role of Vault; allowed are letters, digits, _, . and -",
});

/** Under `berth:secrets`. */
export const Vault = z
  .strictObject({
    address: z
      .url({ protocol: /^https?$/, error: "is not a URL; write it as https://vault.example:8200" })
      .describe(
        "URL of Vault, as the cluster reaches it; Berth makes the VaultConnection. Give this or `connection`.",
      ),
    caSecret: DnsLabel.describe(
      "Secret with the CA of that address under ca.crt, in the namespace of the database. Default: the system's CAs.",
    ),
    connection: z
      .string()
      .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, { error: 'is not "namespace/name"' })
      .describe("A VaultConnection that exists, as namespace/name."),
    namespace: VaultPath.describe("Namespace inside Vault (Enterprise, HCP). Default: none."),
    authMount: VaultPath.describe("Mount of Vault's Kubernetes auth method. Default: kubernetes."),
    audiences: z
      .array(z.string().min(1))
      .min(1, { error: "is empty; a token needs at least one audience" })
      .describe("Audiences of the ServiceAccounts' tokens. Default: [vault]."),
    kvMount: VaultPath.describe("Mount of the KV engine, version 2. Default: kvv2."),
    databaseMount: VaultPath.describe("Mount of the database engine. Default: postgres."),
    refreshAfter: z
      .string()
      .regex(/^\d+(\.\d+)?[smh]$/, { error: "is not a duration; write it as 30s, 5m or 1h" })
      .describe("How often the Vault Secrets Operator reads KV secrets. Default: 1m."),
  })
  .partial()
  .refine((vault) => (vault.address === undefined) !== (vault.connection === undefined), {
    error: "give either `address` (Berth makes the VaultConnection) or `connection` (it exists)",
  })
  .refine((vault) => vault.caSecret === undefined || vault.connection === undefined, {
    error: "has `caSecret` and `connection`; remove `caSecret`, the connection has its own CA",
  });

/** In an app's entry. */
export const credentialsKey = z
  .enum(["onepassword", "vault"])
  .describe(
    "Where the owner's login comes from. onepassword: from its item. vault: the owner has NOLOGIN, and Vault's database engine makes short-lived logins that SET ROLE to it. Default: onepassword.",
  );

/** In an app's entry. */
export const AppVault = z
  .strictObject({
    role: VaultRole.describe("Role of Vault's Kubernetes auth method. Default: the app's name."),
    serviceAccount: DnsLabel.describe(
      "ServiceAccount that the operator logs in with. The app makes it. Default: the app's name.",
    ),
    restart: restartTargets(["Deployment", "DaemonSet", "StatefulSet", "argo.Rollout"]).describe(
      "What the operator restarts in the app's namespace when a Secret from Vault has changed. Default: nothing. Required with `credentials: vault`.",
    ),
    databaseRole: VaultRole.describe(
      "With `credentials: vault`: role of the database engine. Default: the app's name.",
    ),
    renewalPercent: z
      .int()
      .min(0)
      .max(90)
      .describe(
        "With `credentials: vault`: the operator renews a lease after this part of it, in percent. Default: 67.",
      ),
    revoke: z
      .boolean()
      .describe(
        "With `credentials: vault`: end the lease, and so the login, when its manifest is deleted. Default: true.",
      ),
  })
  .partial();
