import type { ObjectMetadata } from "./object-metadata.ts";

/** Custom resource that says as whom the Vault Secrets Operator logs in for the objects of a namespace. */
export interface VaultAuth {
  readonly apiVersion: "secrets.hashicorp.com/v1beta1";
  readonly kind: "VaultAuth";
  readonly metadata: ObjectMetadata;
  readonly spec: {
    readonly vaultConnectionRef: string;
    readonly method: "kubernetes";
    readonly mount: string;
    readonly namespace?: string;
    readonly kubernetes: {
      readonly role: string;
      readonly serviceAccount: string;
      readonly audiences: readonly string[];
    };
  };
}

/** What {@link buildVaultAuth} needs. */
export interface VaultAuthArgs {
  readonly name: string;
  readonly namespace: string;
  /** `namespace/name` of a VaultConnection. */
  readonly connection: string;
  /** Of Vault's Kubernetes auth method. */
  readonly mount: string;
  /** Inside Vault; undefined = its root. */
  readonly vaultNamespace: string | undefined;
  /** Role of the auth method. */
  readonly role: string;
  /** In the same namespace; the operator asks for a token of it. */
  readonly serviceAccount: string;
  /** Of that token. */
  readonly audiences: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Manifest of a login by Kubernetes' own tokens, so that there is no credential to keep for it. Only
 * objects of its own namespace may use it.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultauth
 */
export function buildVaultAuth(args: VaultAuthArgs): VaultAuth {
  const { name, namespace, connection, mount, vaultNamespace, labels, annotations } = args;
  const { role, serviceAccount, audiences } = args;
  return {
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultAuth",
    metadata: { name, namespace, labels, annotations },
    spec: {
      vaultConnectionRef: connection,
      method: "kubernetes",
      mount,
      ...(vaultNamespace === undefined ? {} : { namespace: vaultNamespace }),
      kubernetes: { role, serviceAccount, audiences },
    },
  };
}
