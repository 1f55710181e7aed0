import { readOnePasswordAccess } from "../config/environment.ts";
import type { ItemRef } from "../config/spec/item.ts";
import type { PostgresSpec } from "../config/spec/postgres.ts";
import { BerthError } from "../errors.ts";
import type { Credential } from "./credential.ts";
import { readItems } from "./read-items.ts";
import { toAdminRequest, toAdminWithoutItem, toCredential } from "./stack-items.ts";
import { readThroughClient } from "./through-client.ts";

/**
 * The admin's credential, for the process that logs in with it. It is handed over to nobody: what Pulumi gives to
 * a provider stands in its state and in its logs.
 */
export async function readAdminItem(ref: ItemRef): Promise<Credential> {
  const readItem = readThroughClient(readAccess(ref));
  const items = await readItems([toAdminRequest(ref)], readItem);
  return toCredential(items(ref));
}

/** The same for a stack, whose admin may have no item. */
export async function readAdminOf(
  postgres: Pick<PostgresSpec, "admin" | "adminUser">,
): Promise<Credential> {
  return toAdminWithoutItem(postgres) ?? (await readAdminItem(postgres.admin));
}

function readAccess({ vault, item }: ItemRef): ReturnType<typeof readOnePasswordAccess> {
  try {
    return readOnePasswordAccess();
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    throw new BerthError(
      `the admin's password is read from 1Password (vault "${vault}", item "${item}") whenever Berth asks the server, in pulumi refresh and destroy as well. ${error.message}`,
      { cause: error },
    );
  }
}
