import type { RestartTarget } from "../config/spec/vault.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import { buildVaultDestination, type VaultDestination } from "./vault-destination.ts";

/** Custom resource from which the Vault Secrets Operator makes a Secret with values of a KV engine. */
export interface VaultStaticSecret {
  readonly apiVersion: "secrets.hashicorp.com/v1beta1";
  readonly kind: "VaultStaticSecret";
  readonly metadata: ObjectMetadata;
  readonly spec: VaultDestination & {
    readonly vaultAuthRef: string;
    readonly type: "kv-v2";
    readonly mount: string;
    readonly path: string;
    readonly refreshAfter: string;
  };
}

/** What {@link buildVaultStaticSecret} needs. */
export interface VaultStaticSecretArgs {
  /** Name of the object and of its Secret. */
  readonly name: string;
  readonly namespace: string;
  /** VaultAuth in the same namespace. */
  readonly auth: string;
  /** Mount of the KV engine. */
  readonly mount: string;
  /** Path in the engine, without `data/`, which the operator adds. */
  readonly path: string;
  /** How often the operator reads the values, as `30s`, `5m` or `1h`. */
  readonly refreshAfter: string;
  /** Keys to copy; empty = all. */
  readonly fields: readonly string[];
  readonly restart: readonly RestartTarget[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Manifest that copies a secret of Vault into a namespace.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#vaultstaticsecret
 */
export function buildVaultStaticSecret(args: VaultStaticSecretArgs): VaultStaticSecret {
  const { name, namespace, auth, mount, path, refreshAfter, labels, annotations } = args;
  return {
    apiVersion: "secrets.hashicorp.com/v1beta1",
    kind: "VaultStaticSecret",
    metadata: { name, namespace, labels, annotations },
    spec: {
      vaultAuthRef: auth,
      type: "kv-v2",
      mount,
      path,
      refreshAfter,
      ...buildVaultDestination(args),
    },
  };
}
