import type { VaultSecretSpec } from "../../config/spec/vault.ts";
import type { VaultClient } from "./client.ts";

/** A secret of a KV engine, version 2, without its values. */
export interface KvSecret {
  readonly keys: readonly string[];
  readonly version: number;
}

/**
 * Reads the names of the keys alone; undefined = there is no such secret, or it was deleted.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-subkeys
 */
export async function inspectKv(
  client: Pick<VaultClient, "read">,
  { mount, path }: Pick<VaultSecretSpec, "mount" | "path">,
): Promise<KvSecret | undefined> {
  const found = (await client.read(`${mount}/subkeys/${path}`)) as
    | {
        readonly subkeys?: Readonly<Record<string, unknown>> | null;
        readonly metadata?: { readonly version?: number };
      }
    | undefined;
  if (found === undefined) return undefined;
  return { keys: Object.keys(found.subkeys ?? {}), version: found.metadata?.version ?? 0 };
}
