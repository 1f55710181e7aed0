import { byKey } from "../../sort.ts";
import type { AppEntry, StackConfig } from "../schema/stack.ts";
import type { VaultSpec } from "../spec/secrets.ts";
import type { AppVaultSpec, RestartTarget, VaultSecretSpec } from "../spec/vault.ts";
import { vaultConnection, vaultPath } from "./names.ts";

/**
 * The Vault server of a stack, with defaults filled in; undefined = the stack file names none.
 *
 * @param namespace Namespace of what the apps share.
 */
export function toVaultSpec(
  stack: string,
  config: StackConfig,
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

/**
 * What an app takes from Vault; undefined = nothing.
 *
 * @param namespace The app's.
 */
export function toAppVaultSpec(
  name: string,
  entry: AppEntry,
  config: StackConfig,
  namespace: string,
): AppVaultSpec | undefined {
  const mount = config.secrets?.vault?.kvMount ?? "kvv2";
  const secrets = Object.entries(entry.secrets ?? {})
    .toSorted(byKey)
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
  const fromVault = entry.credentials === "vault";
  if (secrets.length === 0 && !fromVault) return undefined;
  return {
    role: entry.vault?.role ?? name,
    serviceAccount: entry.vault?.serviceAccount ?? name,
    restart: (entry.vault?.restart ?? []).map(toRestartTarget),
    secrets,
    login: fromVault
      ? {
          mount: config.secrets?.vault?.databaseMount ?? "postgres",
          role: entry.vault?.databaseRole ?? name,
          renewalPercent: entry.vault?.renewalPercent ?? 67,
          revoke: entry.vault?.revoke ?? true,
        }
      : undefined,
  };
}

/** From `Deployment/wiki`. */
export function toRestartTarget(text: string): RestartTarget {
  const [kind, name] = text.split("/") as [RestartTarget["kind"], string];
  return { kind, name };
}
