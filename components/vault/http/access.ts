import path from "node:path";
import {
  isHttpUrl,
  readVaultEnvironment,
  type VaultEnvironment,
} from "../../config/environment.ts";
import type { VaultSpec } from "../../config/spec/secrets.ts";
import { BerthError } from "../../errors.ts";
import { hasLogin } from "../../hosts.ts";
import { projectFolder } from "../../project-folder.ts";
import type { VaultAccess } from "./client.ts";

/** What the stack file says about the way to Vault. The environment of a process has the rest, and the token. */
export interface VaultPlace {
  /** For this machine; it wins over VAULT_ADDR. */
  readonly address?: string | undefined;
  /** For the cluster; VAULT_ADDR wins over it. */
  readonly clusterAddress?: string | undefined;
  /** It wins over VAULT_CACERT. */
  readonly caFile?: string | undefined;
  readonly namespace?: string | undefined;
}

export function toVaultPlace({ inside, server, namespace }: VaultSpec): VaultPlace {
  const { address, caFile } = inside;
  return { address, clusterAddress: server?.address, caFile, namespace };
}

/** Whether somebody said where this machine reaches Vault. If not, only the cluster may reach it. */
export function isWayStated({ inside }: Pick<VaultSpec, "inside">, env: VaultEnvironment): boolean {
  return inside.half !== "none" || (inside.address ?? env.address) !== undefined;
}

/** How this process reaches Vault. Throws if the environment lacks a part. */
export function readVaultAccess(
  place: VaultPlace,
  env: VaultEnvironment = readVaultEnvironment(),
): VaultAccess {
  const way = readVaultWay(place, env);
  if (env.token === undefined) {
    throw new BerthError(`Vault at ${way.address}: VAULT_TOKEN is not set`, {
      hint: "vault login, then export VAULT_TOKEN=$(vault print token)",
    });
  }
  return { ...way, token: env.token };
}

/** The same for what needs no token. */
export function readVaultWay(place: VaultPlace, env: VaultEnvironment): Omit<VaultAccess, "token"> {
  const address = readVaultAddress(place, env);
  const caFile = place.caFile ?? env.caFile;
  return {
    address,
    namespace: place.namespace,
    caFile: caFile === undefined ? undefined : path.resolve(projectFolder, caFile),
  };
}

/** URL of Vault, as this process reaches it. */
export function readVaultAddress(
  place: VaultPlace,
  env: Pick<VaultEnvironment, "address"> = readVaultEnvironment(),
): string {
  const address = place.address ?? env.address ?? place.clusterAddress;
  if (address === undefined) {
    throw new BerthError("Vault: neither the stack file nor the environment has its address", {
      hint: "set berth:secrets.vault.manage.address, or export VAULT_ADDR=https://…",
    });
  }
  // Only VAULT_ADDR is not checked yet. It is not shown: it may be a token in the wrong variable, or have a password.
  const isUrl = isHttpUrl(address);
  if (isUrl && !(address === env.address && hasLogin(new URL(address)))) return address;
  const what = isUrl ? "has a user name or password in it" : "is not a URL";
  throw new BerthError(`VAULT_ADDR ${what}`, {
    hint: "export VAULT_ADDR=https://vault.example:8200",
  });
}
