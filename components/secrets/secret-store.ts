import type { ObjectMetadata } from "./object-metadata.ts";

/** Where External Secrets finds 1Password Connect, for several namespaces. */
export interface ClusterSecretStore {
  readonly apiVersion: "external-secrets.io/v1";
  readonly kind: "ClusterSecretStore";
  readonly metadata: Omit<ObjectMetadata, "namespace">;
  readonly spec: {
    readonly conditions: readonly { readonly namespaces: readonly string[] }[];
    readonly provider: ConnectProvider<TokenRef & { readonly namespace: string }>;
  };
}

/** The same for the namespace it is in and no other. */
export interface SecretStore {
  readonly apiVersion: "external-secrets.io/v1";
  readonly kind: "SecretStore";
  readonly metadata: ObjectMetadata;
  readonly spec: { readonly provider: ConnectProvider<TokenRef> };
}

/** The key of a Secret that holds Connect's token. */
export interface TokenRef {
  readonly name: string;
  readonly key: string;
}

interface ConnectProvider<Token> {
  readonly onepassword: {
    readonly connectHost: string;
    readonly vaults: Readonly<Record<string, number>>;
    readonly auth: { readonly secretRef: { readonly connectTokenSecretRef: Token } };
  };
}

/** What both kinds of store need. */
interface StoreArgs<Token> {
  readonly name: string;
  /** URL as the cluster reaches Connect, without `/v1`. */
  readonly connectHost: string;
  readonly token: Token;
  /** Title or id. */
  readonly vault: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What {@link buildClusterSecretStore} needs. */
export interface ClusterSecretStoreArgs
  extends StoreArgs<TokenRef & { readonly namespace: string }> {
  /** The only namespaces that may use it: who may use a store may read every item of the vault. */
  readonly namespaces: readonly string[];
}

/** What {@link buildSecretStore} needs. */
export interface SecretStoreArgs extends StoreArgs<TokenRef> {
  /** Of the store, of the token's Secret and of all that use it. */
  readonly namespace: string;
}

/**
 * Manifest of a store for a stack's namespaces and no others. It names the token's Secret and does not
 * hold it.
 *
 * @see https://external-secrets.io/latest/api/clustersecretstore/
 */
export function buildClusterSecretStore(args: ClusterSecretStoreArgs): ClusterSecretStore {
  const { name, namespaces, labels, annotations } = args;
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name, labels, annotations },
    spec: {
      conditions: [{ namespaces: [...new Set(namespaces)].toSorted() }],
      provider: toProvider(args),
    },
  };
}

/**
 * Manifest of a store for one namespace. Its reference to the token names no namespace: External Secrets
 * refuses any but the store's own.
 *
 * @see https://external-secrets.io/latest/api/secretstore/
 */
export function buildSecretStore(args: SecretStoreArgs): SecretStore {
  const { name, namespace, labels, annotations } = args;
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "SecretStore",
    metadata: { name, namespace, labels, annotations },
    spec: { provider: toProvider(args) },
  };
}

function toProvider<Token>({
  connectHost,
  token,
  vault,
}: StoreArgs<Token>): ConnectProvider<Token> {
  return {
    onepassword: {
      connectHost,
      vaults: { [vault]: 1 },
      auth: { secretRef: { connectTokenSecretRef: token } },
    },
  };
}
