import type { Document } from "yaml";

/** What the stack file of a sandbox says of its Vault. */
export interface VaultOfStack {
  /** URL; this machine and the sandbox's cluster reach the same. */
  readonly address: string;
  /** PEM file with the CA of the API server that Vault asks about ServiceAccounts. */
  readonly caFile: string;
  /** URL of that API server. */
  readonly kubernetes: string;
}

/** The app of a sandbox with Vault: Vault makes its logins and holds its settings. */
const vaultApp = "recipes";

/** Vault's own login to Postgres, and the item that has it. */
export const vaultUser = { role: "vault_logins", item: "vault-db-credentials" } as const;

/**
 * Adds Vault and its app to the stack file of a sandbox.
 *
 * @param port Of Postgres on 127.0.0.1.
 */
export function addVault(document: Document, vault: VaultOfStack, port: number): void {
  document.setIn(["config", "berth:secrets", "vault"], toVaultConfig(vault, port));
  document.setIn(["config", "berth:apps", vaultApp], {
    credentials: "vault",
    vault: { restart: [`Deployment/${vaultApp}`] },
    secrets: { [`${vaultApp}-config`]: { from: "vault" } },
  });
}

/** `berth:secrets.vault` of a stack whose `pulumi up` makes all inside Vault. */
export function toVaultConfig({ address, caFile, kubernetes }: VaultOfStack, port: number) {
  return {
    address,
    manage: {
      kubernetes: { host: kubernetes, caFile },
      database: { user: vaultUser.role, item: vaultUser.item, host: "127.0.0.1", port },
    },
  };
}
