import type { VaultAppCiSpec, VaultAuthRoleSpec, VaultValueRecipe } from "./vault-inside.ts";

/** What an app takes from HashiCorp Vault through the Vault Secrets Operator. */
export interface AppVaultSpec {
  /** Role of Vault's Kubernetes auth method. */
  readonly role: string;
  /** ServiceAccount that the operator logs in with. The app makes it, in each namespace of a Secret. */
  readonly serviceAccount: string;
  /** What the operator restarts when a Secret in the app's namespace has changed. */
  readonly restart: readonly RestartTarget[];
  readonly secrets: readonly VaultSecretSpec[];
  /** The owner's logins; undefined = Berth makes them. */
  readonly login: VaultLoginSpec | undefined;
  /** Namespaces of its Secrets from Vault. Sorted. */
  readonly namespaces: readonly string[];
  /** Policy with what its ServiceAccounts may read. */
  readonly policy: string;
  /** Roles of Vault's Kubernetes auth method: `role` first, then those of further ServiceAccounts. */
  readonly authRoles: readonly [VaultAuthRoleSpec, ...VaultAuthRoleSpec[]];
  /** undefined = nothing for its pipeline. */
  readonly ci: VaultAppCiSpec | undefined;
  /** Overwrite a policy or role of that name that this stack did not make. */
  readonly adopt: boolean;
}

/** Logins that Vault's database engine makes. Each lasts as long as its lease. */
export interface VaultLoginSpec {
  /** Mount of the database engine. */
  readonly mount: string;
  /** Role of the database engine; the operator reads `creds/<role>`. */
  readonly role: string;
  /** The operator renews a lease after this part of it, in percent. */
  readonly renewalPercent: number;
  /** End the lease when the manifest is deleted. */
  readonly revoke: boolean;
  /** Seconds until a lease must be renewed. */
  readonly ttl: number;
  /** Seconds until it can no longer be renewed. */
  readonly maxTtl: number;
}

/** Something that can be restarted. `argo.Rollout` only the Vault Secrets Operator restarts. */
export interface RestartTarget {
  readonly kind: "Deployment" | "DaemonSet" | "StatefulSet" | "argo.Rollout";
  readonly name: string;
}

/** A Secret with the values of a secret in one of Vault's KV engines. Berth reads none of them. */
export interface VaultSecretSpec {
  readonly name: string;
  readonly namespace: string;
  readonly mount: string;
  /** Path in the engine, without `data/`. */
  readonly path: string;
  /** Keys to bring; none = all. */
  readonly fields: readonly string[];
  /** Values that `add` makes in Vault, by key. */
  readonly generate: Readonly<Record<string, VaultValueRecipe>>;
}
