import type { ObjectMetadata } from "./object-metadata.ts";

/** Custom resource with the address of Vault, for the Vault Secrets Operator. */
export interface VaultConnection {
  readonly apiVersion: "secrets.hashicorp.com/v1beta1";
  readonly kind: "VaultConnection";
  readonly metadata: ObjectMetadata;
  readonly spec: {
    readonly address: string;
    readonly skipTLSVerify: false;
    readonly caCertSecretRef?: string;
  };
}

/** What {@link buildVaultConnection} needs. */
export interface VaultConnectionArgs {
  readonly name: string;
  readonly namespace: string;
  /** URL of Vault inside the cluster. */
  readonly address: string;
  /** Secret in the same namespace with the CA under `ca.crt`; undefined = the system's CAs. */
  readonly caSecret: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Manifest of a connection that any VaultAuth in the cluster may use. It grants nothing by itself.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultconnection
 */
export function buildVaultConnection(args: VaultConnectionArgs): VaultConnection {
  const { name, namespace, address, caSecret, labels, annotations } = args;
  return {
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultConnection",
    metadata: { name, namespace, labels, annotations },
    spec: {
      address,
      skipTLSVerify: false,
      ...(caSecret === undefined ? {} : { caCertSecretRef: caSecret }),
    },
  };
}
