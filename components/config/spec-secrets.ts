/** How credentials and other secrets come to the apps' namespaces, as part of a stack's values. */

/** Who makes Secrets of 1Password items: the 1Password operator, or External Secrets. */
export type SecretsThrough = "onepassword-item" | "external-secret";

/** How Secrets come to their namespaces. */
export interface SecretsSpec {
  /** Of what the apps share. */
  readonly through: SecretsThrough;
  /** That External Secrets reads from; undefined = the stack file names none. */
  readonly store: StoreSpec | undefined;
  /** As Go prints a duration. */
  readonly refreshInterval: string;
  /** undefined = the stack file names none. */
  readonly vault: VaultSpec | undefined;
}

/** The Vault server that a stack's apps take secrets from, as the Vault Secrets Operator sees it. */
export interface VaultSpec {
  /** `namespace/name` of the VaultConnection. */
  readonly connection: string;
  /** What Berth makes the connection of; undefined = it exists, and is none of Berth's business. */
  readonly server:
    | {
        readonly address: string;
        /** Secret with its CA, in the connection's namespace; undefined = the system's. */
        readonly caSecret: string | undefined;
      }
    | undefined;
  /** Inside Vault; undefined = its root. */
  readonly namespace: string | undefined;
  /** Mount of the Kubernetes auth method. */
  readonly authMount: string;
  /** Of the tokens that the operator logs in with. */
  readonly audiences: readonly string[];
  /** How often the operator reads KV secrets, in its notation. */
  readonly refreshAfter: string;
}

/** A store of External Secrets; a SecretStore is one of that name in each namespace. */
export interface StoreSpec {
  readonly kind: "ClusterSecretStore" | "SecretStore";
  readonly name: string;
  /** undefined = the store exists, and is none of Berth's business. */
  readonly connect: ConnectSpec | undefined;
}

/** 1Password Connect as a store reaches it. */
export interface ConnectSpec {
  readonly host: string;
  readonly token: { readonly name: string; readonly key: string };
  /** Of the token's Secret; undefined = the store's own, for a SecretStore. */
  readonly tokenNamespace: string | undefined;
}
