import { readOnePasswordAccess } from "../config/environment.ts";
import type { ItemRef } from "../config/spec/item.ts";
import type { PostgresSpec } from "../config/spec/postgres.ts";
import { BerthError } from "../errors.ts";
import type { Credential } from "./credential.ts";
import type { Item } from "./item.ts";
import type { ItemRequest } from "./item-request.ts";
import { readItems } from "./read-items.ts";
import { toAdminRequest, toAdminWithoutItem, toCredential } from "./stack-items.ts";
import { readThroughClient } from "./through-client.ts";

/**
 * The admin's credential, for the process that logs in with it. It is handed over to nobody: what Pulumi gives to
 * a provider stands in its state and in its logs.
 */
export async function readAdminItem(ref: ItemRef): Promise<Credential> {
  const when = "whenever Berth asks the server, in pulumi refresh and destroy as well";
  return toCredential(await readLogin(toAdminRequest(ref), "the admin's password", when));
}

/** Vault's own login to Postgres, and what changes whenever its item does. */
export interface VaultLogin {
  readonly credential: Credential;
  /** It says nothing about the password. */
  readonly version: string;
}

/** The same for the login that Vault has at Postgres. */
export async function readVaultLogin(ref: ItemRef): Promise<VaultLogin> {
  const request = { ...toAdminRequest(ref), wantedBy: "Vault's login to Postgres" };
  const when = "whenever pulumi up or a preview looks at Vault's connection";
  const item = await readLogin(request, "the password of Vault's login", when);
  return { credential: toCredential(item), version: `${item.itemId} ${String(item.version ?? 0)}` };
}

/** @param whose and `when` say why it is read, where that is not possible. */
async function readLogin(request: ItemRequest, whose: string, when: string): Promise<Item> {
  const { vault, item } = request.ref;
  const why = `${whose} is read from 1Password (vault "${vault}", item "${item}") ${when}`;
  const items = await readItems([request], readThroughClient(readAccess(why)));
  return items(request.ref);
}

/** The same for a stack, whose admin may have no item. */
export async function readAdminOf(
  postgres: Pick<PostgresSpec, "admin" | "adminUser">,
): Promise<Credential> {
  return toAdminWithoutItem(postgres) ?? (await readAdminItem(postgres.admin));
}

function readAccess(why: string): ReturnType<typeof readOnePasswordAccess> {
  try {
    return readOnePasswordAccess();
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    throw new BerthError(`${why}. ${error.message}`, { cause: error });
  }
}
