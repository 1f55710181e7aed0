import type { ObjectMetadata } from "./object-metadata.ts";

/** Custom resource that says where External Secrets finds 1Password Connect, for several namespaces. */
export interface ClusterSecretStore {
  readonly apiVersion: "external-secrets.io/v1";
  readonly kind: "ClusterSecretStore";
  readonly metadata: Omit<ObjectMetadata, "namespace">;
  readonly spec: {
    readonly conditions: readonly { readonly namespaces: readonly string[] }[];
    readonly provider: ConnectProvider<TokenRef & { readonly namespace: string }>;
  };
}

/** The same for one namespace, its own. */
export interface SecretStore {
  readonly apiVersion: "external-secrets.io/v1";
  readonly kind: "SecretStore";
  readonly metadata: ObjectMetadata;
  readonly spec: { readonly provider: ConnectProvider<TokenRef> };
}

/** Name and key of the Secret with Connect's token. */
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
  /** URL of Connect inside the cluster, without `/v1`. */
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
  /** The only namespaces that may use the store. Whoever uses it can read every item of the vault. */
  readonly namespaces: readonly string[];
}

/** What {@link buildSecretStore} needs. */
export interface SecretStoreArgs extends StoreArgs<TokenRef> {
  /** Namespace of the store, of the token's Secret and of all ExternalSecrets that use it. */
  readonly namespace: string;
}

/**
 * Manifest of a store for a stack's namespaces only. It names the token's Secret and does not have the
 * token.
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
 * Manifest of a store for one namespace. Its reference to the token has no namespace, because External
 * Secrets accepts only the store's own.
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
