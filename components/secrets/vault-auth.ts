import type { ObjectMetadata } from "./object-metadata.ts";

/** Custom resource with the login of the Vault Secrets Operator for the objects of one namespace. */
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
  /** Mount of Vault's Kubernetes auth method. */
  readonly mount: string;
  /** Namespace inside Vault; undefined = its root. */
  readonly vaultNamespace: string | undefined;
  /** Role of the auth method. */
  readonly role: string;
  /** ServiceAccount in the same namespace; the operator logs in with its token. */
  readonly serviceAccount: string;
  /** Audiences of that token. */
  readonly audiences: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Manifest of a login with a ServiceAccount's token, so there is no credential to store. Only objects in
 * the same namespace may use it.
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
