import { z } from "zod";
import { DnsLabel } from "./primitives.ts";

/** The keys of a stack file that are about HashiCorp Vault; part of `schema.ts`. */

/** Where an engine or auth method is mounted, or a path below it. */
export const VaultPath = z.string().regex(/^[\w.@~+-]+(\/[\w.@~+-]+)*$/, {
  error: "is no path in Vault; write it as wiki/config, without / at either end",
});

const VaultRole = z.string().regex(/^[\w.-]+$/, {
  error: "is no role of Vault; allowed are letters, digits, _, . and -",
});

/** Under `berth:secrets`. */
export const Vault = z
  .strictObject({
    address: z
      .url({ protocol: /^https?$/, error: "is no URL; write it as https://vault.example:8200" })
      .describe(
        "URL of Vault, as the cluster reaches it; Berth makes the VaultConnection. Give this or `connection`.",
      ),
    caSecret: DnsLabel.describe(
      "Secret with the CA of that address under ca.crt, in the namespace of the database. Default: the system's CAs.",
    ),
    connection: z
      .string()
      .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, { error: 'is no "namespace/name"' })
      .describe("A VaultConnection that exists, as namespace/name."),
    namespace: VaultPath.describe("Namespace inside Vault (Enterprise, HCP). Default: none."),
    authMount: VaultPath.describe("Mount of Vault's Kubernetes auth method. Default: kubernetes."),
    audiences: z
      .array(z.string().min(1))
      .min(1, { error: "is empty; Kubernetes makes no token for nobody" })
      .describe("Audiences of the ServiceAccounts' tokens. Default: [vault]."),
    kvMount: VaultPath.describe("Mount of the KV engine, version 2. Default: kvv2."),
    databaseMount: VaultPath.describe("Mount of the database engine. Default: postgres."),
    refreshAfter: z
      .string()
      .regex(/^\d+(\.\d+)?[smh]$/, { error: "is no duration; write it as 30s, 5m or 1h" })
      .describe("How often the Vault Secrets Operator reads KV secrets. Default: 1m."),
  })
  .partial()
  .refine((vault) => (vault.address === undefined) !== (vault.connection === undefined), {
    error: "give either `address` (Berth makes the VaultConnection) or `connection` (it exists)",
  })
  .refine((vault) => vault.caSecret === undefined || vault.connection === undefined, {
    error: "has `caSecret` beside `connection`, which has a CA of its own",
  });

/** In an app's entry. */
export const credentialsKey = z
  .enum(["onepassword", "vault"])
  .describe(
    "Where the owner's login comes from. onepassword: its item. vault: the owner has no login, and Vault's database engine makes short-lived ones that act as it. Default: onepassword.",
  );

/** In an app's entry. */
export const AppVault = z
  .strictObject({
    role: VaultRole.describe("Role of Vault's Kubernetes auth method. Default: the app."),
    serviceAccount: DnsLabel.describe(
      "ServiceAccount that the operator logs in as; the app brings it. Default: the app.",
    ),
    restart: z
      .array(
        z.string().regex(/^(Deployment|DaemonSet|StatefulSet|argo\.Rollout)\/[a-z0-9.-]+$/, {
          error:
            "is nothing to restart; write it as Deployment/wiki (or DaemonSet, StatefulSet, argo.Rollout)",
        }),
      )
      .describe(
        "What the operator restarts in the app's namespace when a Secret from Vault has changed. Default: nothing; must be given with `credentials: vault`.",
      ),
    databaseRole: VaultRole.describe(
      "With `credentials: vault`: role of the database engine. Default: the app.",
    ),
    renewalPercent: z
      .int()
      .min(0)
      .max(90)
      .describe(
        "With `credentials: vault`: part of a lease after which the operator renews it. Default: 67.",
      ),
    revoke: z
      .boolean()
      .describe(
        "With `credentials: vault`: end the lease when its manifest goes, and the login with it. Default: true.",
      ),
  })
  .partial();
