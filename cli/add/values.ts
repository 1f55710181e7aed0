import { randomBytes } from "node:crypto";
import type { VaultSecretSpec } from "../../components/config/spec/vault.ts";
import type { VaultValueRecipe } from "../../components/config/spec/vault-inside.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { makePassword } from "../../components/onepassword/write/password.ts";
import { readVaultAccess, toVaultPlace } from "../../components/vault/http/access.ts";
import { createVaultClient, type VaultClient } from "../../components/vault/http/client.ts";
import { VaultError } from "../../components/vault/http/failure.ts";
import { inspectKv, type KvSecret } from "../../components/vault/http/kv.ts";

/** Values that the entry has `add` generate in Vault's KV engine. Those that are there are never read or changed. */

export interface KvValue {
  /** `mount/path`. */
  readonly secret: string;
  readonly key: string;
  readonly state: "made" | "there";
}

/** A KV secret as it is before anything is made; version 0 = it does not exist. */
interface KvState extends KvSecret {
  readonly secret: VaultSecretSpec;
  readonly client: VaultClient;
}

/** Looks which values are there. Throws before anything is made. */
export async function inspectValues(spec: StackSpec, app: AppSpec): Promise<readonly KvState[]> {
  const secrets = (app.vault?.secrets ?? []).filter(
    ({ generate }) => Object.keys(generate).length > 0,
  );
  const { vault } = spec.secrets;
  if (vault === undefined || secrets.length === 0) return [];
  const client = createVaultClient(readVaultAccess(toVaultPlace(vault)));
  const states: KvState[] = [];
  for (const secret of secrets) {
    await requireKv2(client, app, secret);
    const { keys, version } = (await inspectKv(client, secret)) ?? { keys: [], version: 0 };
    states.push({ secret, client, keys, version });
  }
  return states;
}

/** In version 1 of the engine a write replaces the whole secret, whatever it holds. */
async function requireKv2(
  client: VaultClient,
  app: AppSpec,
  { mount, path }: VaultSecretSpec,
): Promise<void> {
  const found = await client.read(`sys/internal/ui/mounts/${mount}/${path}`);
  const { type, options } = (found ?? {}) as {
    readonly type?: string;
    readonly options?: { readonly version?: string } | null;
  };
  if (type === "kv" && options?.version === "2") return;
  throw new BerthError(
    `app ${app.name}: the mount ${mount} in Vault is no KV engine of version 2, so nothing was written to it`,
    {
      hint: `vault kv enable-versioning ${mount}, if it is a KV engine; or name another mount in berth:secrets.vault.kvMount`,
    },
  );
}

/**
 * Makes the values that are missing, all of a secret in one request. Vault refuses it if the secret is not the
 * version that was looked at, so that nothing that somebody writes meanwhile is lost.
 */
export async function makeValues(
  app: AppSpec,
  states: readonly KvState[],
): Promise<readonly KvValue[]> {
  const values: KvValue[] = [];
  for (const state of states) {
    const { mount, path, generate } = state.secret;
    const missing = Object.entries(generate).filter(([key]) => !state.keys.includes(key));
    if (missing.length > 0) {
      const data = Object.fromEntries(missing.map(([key, recipe]) => [key, makeValue(recipe)]));
      await write(state, data).catch((error: unknown) => {
        throw explain(error, app, state);
      });
    }
    for (const key of Object.keys(generate)) {
      const isMade = missing.some(([one]) => one === key);
      values.push({ secret: `${mount}/${path}`, key, state: isMade ? "made" : "there" });
    }
  }
  return values;
}

/** A patch leaves the other keys as they are, without reading them. */
async function write(
  { client, secret, version }: KvState,
  data: Readonly<Record<string, string>>,
): Promise<void> {
  const path = `${secret.mount}/data/${secret.path}`;
  const body = { options: { cas: version }, data };
  await (version === 0 ? client.write(path, body) : client.patch(path, body));
}

function makeValue(recipe: VaultValueRecipe): string {
  return "bytes" in recipe
    ? randomBytes(recipe.bytes).toString(recipe.encoding)
    : makePassword({ length: recipe.length, alphabet: "letters-digits" });
}

function explain(error: unknown, app: AppSpec, { secret, version }: KvState): unknown {
  if (!(error instanceof VaultError)) return error;
  const at = `app ${app.name}: ${secret.mount}/${secret.path} in Vault`;
  const so = "the stack file is as it was";
  if (error.kind === "refused" && error.message.includes("check-and-set")) {
    const undelete = `vault kv undelete -mount=${secret.mount} -versions=N ${secret.path}`;
    return new BerthError(
      version === 0
        ? `${at} was deleted, or somebody made it at this moment; nothing in it was changed, and ${so}`
        : `${at} was changed by somebody at this moment; nothing in it was changed, and ${so}`,
      {
        cause: error,
        hint: `run the same command again${version === 0 ? `; if it was deleted: ${undelete} first` : ""}`,
      },
    );
  }
  return new BerthError(`${at}: ${error.what}; ${so}`, {
    cause: error,
    hint: `${error.hint ?? "see above"}, then run the same command again: it goes on from here`,
  });
}
