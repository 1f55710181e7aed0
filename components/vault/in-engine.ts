import type * as pulumi from "@pulumi/pulumi";
import { isTargeted } from "../config/environment.ts";
import { managesVault } from "../config/plugins.ts";
import type { StackSpec } from "../config/spec.ts";
import { toVaultPlace, type VaultPlace } from "./http/access.ts";
import type { ForConnections } from "./resources.ts";

/** The Vault of a stack in a run of Pulumi. */
export interface OpenedVault {
  /** Vault's own login to Postgres, which makes the logins of apps. */
  readonly login: string;
  /** Registers what the stack makes inside Vault. */
  readonly create: (forConnections: ForConnections) => readonly pulumi.Resource[];
}

/** How Berth's provider reaches Vault; empty = it need not. */
export function toProviderVault(spec: StackSpec): { readonly vault?: VaultPlace } {
  const { vault } = spec.secrets;
  return vault === undefined || !managesVault(spec) ? {} : { vault: toVaultPlace(vault) };
}

/**
 * Looks whether all that the stack makes inside Vault is its own, or not there yet. Nothing may be registered before
 * that.
 *
 * @returns undefined = the stack makes nothing there, or this run is about something else.
 */
export async function openVault(spec: StackSpec): Promise<OpenedVault | undefined> {
  // With --target nothing may be registered that needs another plugin and token.
  if (!managesVault(spec) || isTargeted()) return undefined;
  // Imported here, because most stacks need neither these nor Pulumi's SDK of Vault.
  const [{ compareVault }, { createVaultObjects }] = await Promise.all([
    import("./open.ts"),
    import("./resources.ts"),
  ]);
  const compared = await compareVault(spec);
  const login = compared.vault.inside.database.user;
  return { login, create: (forConnections) => createVaultObjects(compared, forConnections) };
}
