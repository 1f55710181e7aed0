import type { OnePasswordAccess } from "../../config/environment.ts";
import type { ItemRef } from "../../config/spec/item.ts";
import { withRetries } from "../read-items.ts";
import {
  type ConnectClient,
  type OpEnvironment,
  readOpItem,
  readWholeItem,
  runOp,
  throughClient,
  throwAsOurs,
} from "../through-client.ts";
import { type ItemContent, type LoginChange, setLogin } from "./edit-login.ts";

/** Edits an item in one request, or not at all if `edit` throws. Throws `ItemReadError`. */
type EditItem = (ref: ItemRef, edit: (item: ItemContent) => void) => Promise<void>;

/** Edits with the same clients as `readThroughClient`. The token needs write access to the vault. */
export function editThroughClient(access: OnePasswordAccess): EditItem {
  return throughClient(access, editThroughConnect, editThroughOp, false);
}

/** Writes a login, the fields that repeat it and those of the keys, in one edit. Throws `ItemReadError`. */
export type WriteLogin = (ref: ItemRef, change: LoginChange) => Promise<void>;

export function writeThroughClient(access: OnePasswordAccess): WriteLogin {
  const edit = editThroughClient(access);
  return (ref, change) =>
    edit(ref, (item) => {
      setLogin(item, change);
    });
}

function editThroughConnect(connect: ConnectClient): EditItem {
  return async (ref, edit) => {
    const item = await withRetries(() => readWholeItem(connect, ref));
    edit(item);
    await connect.updateItem(item.vault.id, item).catch(throwAsOurs);
  };
}

/** The item goes through a pipe, so no password is among the arguments of a process. */
function editThroughOp(env: OpEnvironment): EditItem {
  return async (ref, edit) => {
    const item = await withRetries(() => readOpItem<ItemContent>(ref, env));
    edit(item);
    await runOp(["edit", ref.item], { ref, env, input: JSON.stringify(item) });
  };
}
