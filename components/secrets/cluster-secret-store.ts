/** Where External Secrets finds 1Password Connect, and who may ask it. */
export interface ClusterSecretStore {
  readonly apiVersion: "external-secrets.io/v1";
  readonly kind: "ClusterSecretStore";
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly conditions: readonly { readonly namespaces: readonly string[] }[];
    readonly provider: {
      readonly onepassword: {
        readonly connectHost: string;
        readonly vaults: Readonly<Record<string, number>>;
        readonly auth: { readonly secretRef: { readonly connectTokenSecretRef: TokenRef } };
      };
    };
  };
}

/** The key of a Secret that holds Connect's token. */
export interface TokenRef {
  readonly name: string;
  readonly key: string;
  readonly namespace: string;
}

/** What {@link buildClusterSecretStore} needs. */
export interface ClusterSecretStoreArgs {
  readonly name: string;
  /** URL as the cluster reaches Connect, without `/v1`. */
  readonly connectHost: string;
  readonly token: TokenRef;
  /** Title or id. */
  readonly vault: string;
  /** The only namespaces that may use it: who may use a store may read every item of the vault. */
  readonly namespaces: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Manifest of a store for a stack's namespaces and no others. It names the token's Secret and does not
 * hold it.
 *
 * @see https://external-secrets.io/latest/api/clustersecretstore/
 */
export function buildClusterSecretStore(args: ClusterSecretStoreArgs): ClusterSecretStore {
  const { name, connectHost, token, vault, namespaces, labels, annotations } = args;
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name, labels, annotations },
    spec: {
      conditions: [{ namespaces: [...new Set(namespaces)].toSorted() }],
      provider: {
        onepassword: {
          connectHost,
          vaults: { [vault]: 1 },
          auth: { secretRef: { connectTokenSecretRef: token } },
        },
      },
    },
  };
}
