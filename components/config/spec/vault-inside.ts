import type { ItemRef } from "./item.ts";

/** What is inside Vault around the apps, with defaults filled in; part of `StackSpec`. */
export interface VaultInsideSpec {
  /** Which objects `pulumi up` makes; none = an administrator runs the script of `plan --vault`. */
  readonly half: "all" | "central" | "apps" | "none";
  /** URL of Vault as this machine reaches it; undefined = VAULT_ADDR, or that of the VaultConnection. */
  readonly address: string | undefined;
  /** PEM file with the CA of that address; undefined = VAULT_CACERT, or the system's CAs. */
  readonly caFile: string | undefined;
  /** Mounts that others made, as `kvv2` or `auth/kubernetes`. */
  readonly existing: readonly string[];
  /** Mount of the KV engine, version 2, for apps that name none. */
  readonly kvMount: string;
  /** Config of the Kubernetes auth method. */
  readonly kubernetes: { readonly host: string; readonly caFile: string | undefined };
  readonly database: VaultDatabaseSpec;
  /** undefined = nothing for the Vault Secrets Operator itself. */
  readonly operator: VaultOperatorSpec | undefined;
  /** undefined = nothing for pipelines. */
  readonly ci: VaultCiSpec | undefined;
  /** By name. */
  readonly readers: readonly VaultReaderSpec[];
}

/** Vault's own login to Postgres. */
export interface VaultDatabaseSpec {
  readonly user: string;
  /** undefined = the stack file names none, and `pulumi up` makes no connection. */
  readonly item: ItemRef | undefined;
  readonly host: string;
  readonly port: number;
}

/** The Vault Secrets Operator, whose cache Vault encrypts. */
export interface VaultOperatorSpec {
  readonly account: ServiceAccountRef;
  /** Mount of the transit engine. */
  readonly transit: string;
  readonly key: string;
  readonly role: string;
  readonly policy: string;
}

/** How pipelines log in with a JWT. */
export interface VaultCiSpec {
  readonly mount: string;
  /** Where the keys are that tokens are checked with. */
  readonly keys:
    | { readonly discoveryUrl: string }
    | { readonly jwksUrl: string }
    | { readonly publicKeys: readonly string[] };
  /** undefined = any. */
  readonly issuer: string | undefined;
  readonly audience: string;
  readonly userClaim: string;
}

/** Somebody other than an app who reads secrets. */
export interface VaultReaderSpec {
  /** Name of its policy and role. */
  readonly name: string;
  readonly account: ServiceAccountRef;
  /** As in a policy. */
  readonly paths: readonly string[];
}

export interface ServiceAccountRef {
  readonly namespace: string;
  readonly name: string;
}

/** A role of Vault's Kubernetes auth method. Any of the names in any of the namespaces logs in. */
export interface VaultAuthRoleSpec {
  readonly name: string;
  /** Sorted. */
  readonly accounts: readonly string[];
  /** Sorted. */
  readonly namespaces: readonly string[];
}

/** What the pipeline of an app may do in Vault. */
export interface VaultAppCiSpec {
  /** Role of the JWT auth method. */
  readonly role: string;
  readonly group: string;
  /** Policy with the rights of the app's pipeline. */
  readonly policy: string;
  /** Policies of others that its tokens also get. */
  readonly policies: readonly string[];
  /** Claims that a token must have, by name. */
  readonly claims: Readonly<Record<string, string | readonly string[]>>;
  /** Further paths of the policy with their capabilities, by path. */
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

/** How a value of a KV secret is made. */
export type VaultValueRecipe =
  | { readonly length: number }
  | { readonly bytes: number; readonly encoding: "base64" | "hex" };
