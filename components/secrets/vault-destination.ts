import type { RestartTarget } from "../config/spec.ts";

/** The Secret that the Vault Secrets Operator makes, and what restarts when it changes. */
export interface VaultDestination {
  readonly destination: {
    readonly name: string;
    readonly create: true;
    readonly labels: Readonly<Record<string, string>>;
    readonly transformation: { readonly excludeRaw: true; readonly includes?: readonly string[] };
  };
  readonly rolloutRestartTargets?: readonly RestartTarget[];
}

/** What {@link buildVaultDestination} needs. */
export interface VaultDestinationArgs {
  readonly name: string;
  /** Keys to bring, as a Secret may have them; none = all. */
  readonly fields: readonly string[];
  readonly restart: readonly RestartTarget[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * A Secret of the object's own name. Without `excludeRaw` it would hold everything once more, as JSON
 * under `_raw`. A Secret that others made is never overwritten.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#destination
 */
export function buildVaultDestination(args: VaultDestinationArgs): VaultDestination {
  const { name, fields, restart, labels } = args;
  const includes = [...new Set(fields)].map((field) => `^${field.replaceAll(".", "\\.")}$`);
  return {
    destination: {
      name,
      create: true,
      labels,
      transformation: { excludeRaw: true, ...(includes.length === 0 ? {} : { includes }) },
    },
    ...(restart.length === 0 ? {} : { rolloutRestartTargets: restart }),
  };
}
