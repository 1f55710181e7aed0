import type { ItemRef } from "./item.ts";
import type { VaultInsideSpec } from "./vault-inside.ts";

/** How credentials and other secrets get into the apps' namespaces; part of `StackSpec`. */

/** Who makes Secrets from 1Password items: the 1Password operator, or External Secrets. */
export type SecretsThrough = "onepassword-item" | "external-secret";

/** How one Secret is made; undefined = as usual. Only External Secrets knows more than the type. */
export interface SecretSettings {
  readonly type: string | undefined;
  /** As Go prints a duration, `1h0m0s`. */
  readonly refreshInterval: string | undefined;
  readonly creationPolicy: "Owner" | "Orphan" | "Merge" | undefined;
  readonly deletionPolicy: "Retain" | "Delete" | "Merge" | undefined;
}

/** Fields of an item by a pattern of their labels, and how their keys are made from these. */
export interface FindSpec {
  readonly pattern: string;
  readonly rewrite: readonly { readonly source: string; readonly target: string }[];
}

/** How Secrets get into their namespaces. */
export interface SecretsSpec {
  /** Who makes the Secrets that the apps share. */
  readonly through: SecretsThrough;
  /** Store that External Secrets reads from; undefined = the stack file names none. */
  readonly store: StoreSpec | undefined;
  /** As Go prints a duration, `1h0m0s`. */
  readonly refreshInterval: string;
  /** undefined = the stack file names none. */
  readonly vault: VaultSpec | undefined;
}

/** The Vault server that a stack's apps take secrets from, as the Vault Secrets Operator sees it. */
export interface VaultSpec {
  /** `namespace/name` of the VaultConnection. */
  readonly connection: string;
  /** The server of a connection that Berth makes; undefined = the connection exists already. */
  readonly server:
    | {
        readonly address: string;
        /** Secret with the CA, in the connection's namespace; undefined = the system's CAs. */
        readonly caSecret: string | undefined;
      }
    | undefined;
  /** Namespace inside Vault; undefined = its root. */
  readonly namespace: string | undefined;
  /** Mount of the Kubernetes auth method. */
  readonly authMount: string;
  /** Audiences of the tokens that the operator logs in with. */
  readonly audiences: readonly string[];
  /** How often the operator reads KV secrets, as `30s`, `5m` or `1h`. */
  readonly refreshAfter: string;
  readonly inside: VaultInsideSpec;
}

/** A store of External Secrets. With kind SecretStore each namespace has one of that name. */
export interface StoreSpec {
  readonly kind: "ClusterSecretStore" | "SecretStore";
  readonly name: string;
  /** The server of a store that Berth makes; undefined = the store exists already. */
  readonly connect: ConnectSpec | undefined;
  /** Groups that may read the state of ExternalSecrets. */
  readonly readers: readonly string[];
}

/** How a store reaches 1Password Connect. */
export interface ConnectSpec {
  readonly host: string;
  readonly token: { readonly name: string; readonly key: string };
  /** Namespace of the token's Secret; undefined = that of the SecretStore. */
  readonly tokenNamespace: string | undefined;
  /** undefined = the server exists. */
  readonly deploy: ConnectServerSpec | undefined;
}

/** 1Password Connect, where Berth makes it. */
export interface ConnectServerSpec {
  readonly name: string;
  readonly namespace: string;
  /** The Secret with the server's credentials, and its key. */
  readonly credentials: { readonly name: string; readonly key: string };
  readonly version: string;
  /** Namespaces whose Pods may connect. */
  readonly clients: readonly string[];
  readonly serviceMonitor: boolean;
}

/** A Secret in the app's namespace that has nothing to do with Postgres. */
export interface SecretSpec {
  readonly name: string;
  readonly item: ItemRef;
  readonly namespace: string;
  /** Labels of fields that the item must have; each becomes a key of the Secret. */
  readonly fields: readonly string[];
  /** Names of attached files that the item must have; each is a key of the Secret. */
  readonly files: readonly string[];
  /** Keys with names of their own, each from a field or file of this or another item. */
  readonly keys: readonly NamedField[];
  /** undefined = the fields above, or all. */
  readonly find: FindSpec | undefined;
  readonly settings: SecretSettings;
}

/** A key of a Secret and the field, or attached file, that it comes from. */
export interface NamedField {
  readonly key: string;
  readonly item: ItemRef;
  readonly field: string;
  /** `field` is the name of an attached file. */
  readonly isFile?: boolean | undefined;
}
