import type { OnePasswordAccess } from "../../config/environment.ts";
import type { ItemRef } from "../../config/spec/item.ts";
import { withRetries } from "../read-items.ts";
import {
  type ConnectClient,
  type OpEnvironment,
  parseOpAnswer,
  readWholeItem,
  runOp,
  throughClient,
  throwAsOurs,
} from "../through-client.ts";
import { type ItemContent, type LoginChange, setLogin } from "./edit-login.ts";

/**
 * Gives an item's `password` a new value, and its `username` one where it is given, in one edit, together
 * with the fields that repeat them and those of the keys. Throws `ItemReadError`.
 */
export type WriteLogin = (ref: ItemRef, change: LoginChange) => Promise<void>;

/** Writes with the same clients as `readThroughClient`. The token needs write access to the vault. */
export function writeThroughClient(access: OnePasswordAccess): WriteLogin {
  return throughClient(access, writeThroughConnect, writeThroughOp, false);
}

function writeThroughConnect(connect: ConnectClient): WriteLogin {
  return async (ref, change) => {
    const item = await withRetries(() => readWholeItem(connect, ref));
    setLogin(item, change);
    try {
      await connect.updateItem(item.vault.id, item);
    } catch (error) {
      throwAsOurs(error);
    }
  };
}

/** The item goes through a pipe, so no password is among the arguments of a process. */
function writeThroughOp(env: OpEnvironment): WriteLogin {
  return async (ref, change) => {
    const item = await withRetries(async () =>
      parseOpAnswer<ItemContent>(await runOp(["get", ref.item, "--format", "json"], { ref, env })),
    );
    setLogin(item, change);
    await runOp(["edit", ref.item], { ref, env, input: JSON.stringify(item) });
  };
}
