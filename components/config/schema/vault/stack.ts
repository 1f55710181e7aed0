import { z } from "zod";
import { DnsLabel, Text } from "../primitives.ts";
import { Manage } from "./manage.ts";
import { NamespacedName, VaultPath, VaultUrl } from "./names.ts";

/** Under `berth:secrets`. */
export const Vault = z
  .strictObject({
    address: VaultUrl.describe(
      "URL of Vault, as the cluster reaches it; Berth makes the VaultConnection. Give this or `connection`.",
    ),
    caSecret: DnsLabel.describe(
      "Secret with the CA of that address under ca.crt, in the namespace of the database. Default: the system's CAs.",
    ),
    connection: NamespacedName.describe("A VaultConnection that exists, as namespace/name."),
    namespace: VaultPath.describe("Namespace inside Vault (Enterprise, HCP). Default: none."),
    authMount: VaultPath.describe("Mount of Vault's Kubernetes auth method. Default: kubernetes."),
    audiences: z
      .array(Text)
      .min(1, { error: "is empty; a token needs at least one audience" })
      .describe("Audiences of the ServiceAccounts' tokens. Default: [vault]."),
    kvMount: VaultPath.describe("Mount of the KV engine, version 2. Default: kvv2."),
    databaseMount: VaultPath.describe("Mount of the database engine. Default: postgres."),
    refreshAfter: z
      .string()
      .regex(/^\d+(\.\d+)?[smh]$/, { error: "is not a duration; write it as 30s, 5m or 1h" })
      .describe("How often the Vault Secrets Operator reads KV secrets. Default: 1m."),
    manage: Manage.describe(
      "Objects inside Vault that `pulumi up` makes. Default: none; `plan --vault` prints the commands that make them.",
    ),
  })
  .partial()
  .refine((vault) => (vault.address === undefined) !== (vault.connection === undefined), {
    error: "give either `address` (Berth makes the VaultConnection) or `connection` (it exists)",
  })
  .refine((vault) => vault.caSecret === undefined || vault.connection === undefined, {
    error: "has `caSecret` and `connection`; remove `caSecret`, the connection has its own CA",
  });
