import type { AppEntry, StackConfig } from "../schema/stack.ts";
import type { AppVaultSpec, RestartTarget, VaultSecretSpec } from "../spec.ts";
import type { VaultSpec } from "../spec-secrets.ts";
import { vaultConnection, vaultPath } from "./names.ts";

/** What comes from HashiCorp Vault, with defaults filled in; part of `derive.ts`. */

/** The Vault server of a stack; undefined = the stack file names none. */
export function toVaultSpec(
  stack: string,
  config: StackConfig,
  /** Where what the apps share is. */
  namespace: string,
): VaultSpec | undefined {
  const vault = config.secrets?.vault;
  if (vault === undefined) return undefined;
  const { address, caSecret } = vault;
  return {
    connection: vault.connection ?? `${namespace}/${vaultConnection(stack)}`,
    server: address === undefined ? undefined : { address, caSecret },
    namespace: vault.namespace,
    authMount: vault.authMount ?? "kubernetes",
    audiences: vault.audiences ?? ["vault"],
    refreshAfter: vault.refreshAfter ?? "1m",
  };
}

/** What an app takes from there; undefined = nothing. */
export function toAppVaultSpec(
  name: string,
  entry: AppEntry,
  config: StackConfig,
  /** The app's. */
  namespace: string,
): AppVaultSpec | undefined {
  const mount = config.secrets?.vault?.kvMount ?? "kvv2";
  const secrets = Object.entries(entry.secrets ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([secret, given]): VaultSecretSpec[] => {
      if (Array.isArray(given) || given.from !== "vault") return [];
      return [
        {
          name: secret,
          namespace: given.namespace ?? namespace,
          mount: given.mount ?? mount,
          path: given.path ?? vaultPath(name, secret),
          fields: given.fields ?? [],
        },
      ];
    });
  const ofVault = entry.credentials === "vault";
  if (secrets.length === 0 && !ofVault) return undefined;
  return {
    role: entry.vault?.role ?? name,
    serviceAccount: entry.vault?.serviceAccount ?? name,
    restart: (entry.vault?.restart ?? []).map(toRestartTarget),
    secrets,
    login: ofVault
      ? {
          mount: config.secrets?.vault?.databaseMount ?? "postgres",
          role: entry.vault?.databaseRole ?? name,
          renewalPercent: entry.vault?.renewalPercent ?? 67,
          revoke: entry.vault?.revoke ?? true,
        }
      : undefined,
  };
}

function toRestartTarget(text: string): RestartTarget {
  const [kind, name] = text.split("/") as [RestartTarget["kind"], string];
  return { kind, name };
}
