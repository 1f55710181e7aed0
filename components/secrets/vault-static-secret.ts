import type { VaultSpec } from "../config/spec/secrets.ts";
import type { VaultSecretSpec } from "../config/spec/vault.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import { buildVaultDestination, type VaultDestinationArgs } from "./vault-destination.ts";

export interface VaultStaticSecretArgs
  extends ObjectMetadata,
    VaultDestinationArgs,
    Pick<VaultSecretSpec, "mount" | "path">,
    Pick<VaultSpec, "refreshAfter"> {
  /** VaultAuth in the same namespace. */
  readonly auth: string;
}

/**
 * Manifest that copies a secret of Vault into a namespace.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultstaticsecret
 */
export function buildVaultStaticSecret(args: VaultStaticSecretArgs) {
  const { name, namespace, auth, mount, path, refreshAfter, labels, annotations } = args;
  return {
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultStaticSecret",
    metadata: { name, namespace, labels, annotations },
    spec: {
      vaultAuthRef: auth,
      type: "kv-v2",
      mount,
      path,
      refreshAfter,
      ...buildVaultDestination(args),
    },
  };
}
