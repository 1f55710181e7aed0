import type { VaultSpec } from "../config/spec/secrets.ts";
import type { ObjectMetadata } from "./object-metadata.ts";

/**
 * The address of Vault, for any VaultAuth in the cluster. It grants nothing by itself. The CA is in the connection's
 * namespace, under `ca.crt`.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultconnection
 */
export function buildVaultConnection(
  metadata: ObjectMetadata,
  { address, caSecret }: NonNullable<VaultSpec["server"]>,
) {
  return {
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultConnection",
    metadata,
    spec: {
      address,
      skipTLSVerify: false,
      ...(caSecret === undefined ? {} : { caCertSecretRef: caSecret }),
    },
  };
}
