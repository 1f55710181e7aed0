import type { ConnectSpec } from "../config/spec/secrets.ts";
import { sortUnique } from "../sort.ts";
import type { ObjectMetadata } from "./object-metadata.ts";

/** Name and key of the Secret with Connect's token. */
type TokenRef = ConnectSpec["token"];
type TokenAt = TokenRef & { readonly namespace: string };

interface StoreArgs<Token> extends Omit<ObjectMetadata, "namespace"> {
  /** URL of Connect inside the cluster, without `/v1`. */
  readonly connectHost: string;
  readonly token: Token;
  /** Title or id. */
  readonly vault: string;
}

export interface ClusterSecretStoreArgs extends StoreArgs<TokenAt> {
  /** The only namespaces that may use the store. Whoever uses it can read every item of the vault. */
  readonly namespaces: readonly string[];
}

/**
 * Where External Secrets finds 1Password Connect, for a stack's namespaces only. It names the token's Secret and does
 * not have the token.
 *
 * @see https://external-secrets.io/latest/api/clustersecretstore/
 */
export function buildClusterSecretStore(args: ClusterSecretStoreArgs) {
  const { name, namespaces, labels, annotations } = args;
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name, labels, annotations },
    spec: {
      conditions: [{ namespaces: sortUnique(namespaces) }],
      provider: toProvider(args),
    },
  };
}

/**
 * The same for one namespace: its own, that of the token's Secret, and that of all ExternalSecrets that use
 * it. Its reference to the token has no namespace, because External Secrets accepts only the store's own.
 *
 * @see https://external-secrets.io/latest/api/secretstore/
 */
export function buildSecretStore(args: StoreArgs<TokenRef> & ObjectMetadata) {
  const { name, namespace, labels, annotations } = args;
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "SecretStore",
    metadata: { name, namespace, labels, annotations },
    spec: { provider: toProvider(args) },
  };
}

function toProvider({ connectHost, token, vault }: StoreArgs<TokenRef>) {
  return {
    onepassword: {
      connectHost,
      vaults: { [vault]: 1 },
      auth: { secretRef: { connectTokenSecretRef: token } },
    },
  };
}
