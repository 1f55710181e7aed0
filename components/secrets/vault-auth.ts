import type { VaultSpec } from "../config/spec/secrets.ts";
import type { AppVaultSpec } from "../config/spec/vault.ts";
import type { ObjectMetadata } from "./object-metadata.ts";

/**
 * The login of the Vault Secrets Operator for the objects of one namespace: with a ServiceAccount's token, so there is
 * no credential to store.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultauth
 */
export function buildVaultAuth(
  metadata: ObjectMetadata,
  { connection, authMount, namespace, audiences }: VaultSpec,
  { role, serviceAccount }: AppVaultSpec,
) {
  return {
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultAuth",
    metadata,
    spec: {
      vaultConnectionRef: connection,
      method: "kubernetes",
      mount: authMount,
      ...(namespace === undefined ? {} : { namespace }),
      kubernetes: { role, serviceAccount, audiences },
    },
  };
}
