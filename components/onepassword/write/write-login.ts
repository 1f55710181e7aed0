import type { OnePasswordAccess } from "../../config/environment.ts";
import type { ItemRef } from "../../config/spec/item.ts";
import { ItemReadError, toItemReadError } from "../item.ts";
import {
  type ConnectClient,
  describeConnectError,
  findVault,
  type OpEnvironment,
  parseOpAnswer,
  runOp,
  throughClient,
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
    try {
      const vaultId = await findVault(connect, ref.vault);
      const item = await connect.getItem(vaultId, ref.item);
      setLogin(item, change);
      await connect.updateItem(vaultId, item);
    } catch (error) {
      if (error instanceof ItemReadError) throw error;
      throw toItemReadError(describeConnectError(error));
    }
  };
}

/** The item goes through a pipe, so no password is among the arguments of a process. */
function writeThroughOp(env: OpEnvironment): WriteLogin {
  return async (ref, change) => {
    const answer = await runOp(["get", ref.item, "--format", "json"], { ref, env });
    const item = parseOpAnswer<ItemContent>(answer);
    setLogin(item, change);
    await runOp(["edit", ref.item], { ref, env, input: JSON.stringify(item) });
  };
}
