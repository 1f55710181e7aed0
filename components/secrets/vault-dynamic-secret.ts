import type { SecretKey } from "../config/keys/template.ts";
import type { RestartTarget } from "../config/spec/vault.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import { buildVaultDestination, type VaultDestination } from "./vault-destination.ts";

/** Custom resource from which the Vault Secrets Operator makes a Secret with a login that Vault makes. */
export interface VaultDynamicSecret {
  readonly apiVersion: "secrets.hashicorp.com/v1beta1";
  readonly kind: "VaultDynamicSecret";
  readonly metadata: ObjectMetadata;
  readonly spec: VaultDestination & {
    readonly vaultAuthRef: string;
    readonly mount: string;
    readonly path: string;
    readonly renewalPercent: number;
    readonly revoke: boolean;
  };
}

/** What {@link buildVaultDynamicSecret} needs. */
export interface VaultDynamicSecretArgs {
  /** Name of the object and of its Secret. */
  readonly name: string;
  readonly namespace: string;
  /** VaultAuth in the same namespace. */
  readonly auth: string;
  /** Mount of the database engine. */
  readonly mount: string;
  readonly path: string;
  /** The operator renews a lease after this part of it, in percent. */
  readonly renewalPercent: number;
  /** End the lease when the object is deleted. */
  readonly revoke: boolean;
  /** Keys made from the login. */
  readonly keys: readonly SecretKey[];
  readonly restart: readonly RestartTarget[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Manifest that brings a login made by Vault into a namespace, with the keys `username` and `password`.
 * When its lease can no longer be renewed, the Secret gets a new login.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultdynamicsecret
 */
export function buildVaultDynamicSecret(args: VaultDynamicSecretArgs): VaultDynamicSecret {
  const { name, namespace, auth, mount, path, renewalPercent, revoke, labels, annotations } = args;
  return {
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultDynamicSecret",
    metadata: { name, namespace, labels, annotations },
    spec: {
      vaultAuthRef: auth,
      mount,
      path,
      renewalPercent,
      revoke,
      ...buildVaultDestination({ ...args, fields: [] }),
    },
  };
}
