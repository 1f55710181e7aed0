import type { VaultLoginSpec } from "../config/spec/vault.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import { buildVaultDestination, type VaultDestinationArgs } from "./vault-destination.ts";

export interface VaultDynamicSecretArgs
  extends ObjectMetadata,
    Omit<VaultDestinationArgs, "fields">,
    Pick<VaultLoginSpec, "mount" | "renewalPercent" | "revoke"> {
  /** VaultAuth in the same namespace. */
  readonly auth: string;
  readonly path: string;
}

/**
 * Manifest that brings a login made by Vault into a namespace, with the keys `username` and `password`.
 * When its lease can no longer be renewed, the Secret gets a new login.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultdynamicsecret
 */
export function buildVaultDynamicSecret(args: VaultDynamicSecretArgs) {
  const { name, namespace, auth, mount, path, renewalPercent, revoke, labels, annotations } = args;
  return {
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultDynamicSecret",
    metadata: { name, namespace, labels, annotations },
    spec: {
      vaultAuthRef: auth,
      mount,
      path,
      renewalPercent,
      revoke,
      ...buildVaultDestination({ ...args, fields: [] }),
    },
  };
}
