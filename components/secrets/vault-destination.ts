import { toGoTemplates } from "../config/keys/render.ts";
import type { SecretKey } from "../config/keys/template.ts";
import type { AppVaultSpec, VaultSecretSpec } from "../config/spec/vault.ts";
import type { ObjectMetadata } from "./object-metadata.ts";

export interface VaultDestinationArgs
  extends Pick<ObjectMetadata, "name" | "labels">,
    Pick<VaultSecretSpec, "fields">,
    Pick<AppVaultSpec, "restart"> {
  /** Keys made from the fields of a login. */
  readonly keys?: readonly SecretKey[];
}

/**
 * The Secret that the Vault Secrets Operator makes, with the object's own name, and what restarts when it changes.
 * Without `excludeRaw` it would have all values again, as JSON under `_raw`. The operator never overwrites a Secret that
 * it did not make.
 *
 * @see https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference#destination
 */
export function buildVaultDestination(args: VaultDestinationArgs) {
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

function toTemplates(keys: readonly SecretKey[]) {
  const texts = toGoTemplates(keys, (field) => `get .Secrets "${field}"`);
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { text }]));
}
