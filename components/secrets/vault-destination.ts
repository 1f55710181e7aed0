import { toGoTemplates } from "../config/keys/render.ts";
import type { SecretKey } from "../config/keys/template.ts";
import type { RestartTarget } from "../config/spec/vault.ts";

/** The Secret that the Vault Secrets Operator makes, and what restarts when it changes. */
export interface VaultDestination {
  readonly destination: {
    readonly name: string;
    readonly create: true;
    readonly labels: Readonly<Record<string, string>>;
    readonly transformation: {
      readonly excludeRaw: true;
      readonly includes?: readonly string[];
      readonly templates?: Readonly<Record<string, { readonly text: string }>>;
    };
  };
  readonly rolloutRestartTargets?: readonly RestartTarget[];
}

/** What {@link buildVaultDestination} needs. */
export interface VaultDestinationArgs {
  readonly name: string;
  /** Keys to copy; empty = all. */
  readonly fields: readonly string[];
  /** Keys made from the fields of a login. */
  readonly keys?: readonly SecretKey[];
  readonly restart: readonly RestartTarget[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Describes a Secret with the object's own name. Without `excludeRaw` it would have all values again, as
 * JSON under `_raw`. The operator never overwrites a Secret that it did not make.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#destination
 */
export function buildVaultDestination(args: VaultDestinationArgs): VaultDestination {
  const { name, fields, keys = [], restart, labels } = args;
  const includes = [...new Set(fields)].map((field) => `^${field.replaceAll(".", "\\.")}$`);
  return {
    destination: {
      name,
      create: true,
      labels,
      transformation: {
        excludeRaw: true,
        ...(includes.length === 0 ? {} : { includes }),
        ...(keys.length === 0 ? {} : { templates: toTemplates(keys) }),
      },
    },
    ...(restart.length === 0 ? {} : { rolloutRestartTargets: restart }),
  };
}

function toTemplates(
  keys: readonly SecretKey[],
): Readonly<Record<string, { readonly text: string }>> {
  const texts = toGoTemplates(keys, (field) => `get .Secrets "${field}"`);
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { text }]));
}
