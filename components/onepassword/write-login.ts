import { OnePasswordConnect } from "@1password/connect";
import type { OnePasswordAccess } from "../config/environment.ts";
import type { ItemRef } from "../config/spec.ts";
import { type ItemContent, type LoginChange, setLogin } from "./edit-login.ts";
import { withRetries } from "./read-items.ts";
import { parseOpAnswer, readWholeItem, runOp, throwAsOurs } from "./through-client.ts";

/**
 * Gives an item's `password` a new value, and its `username` one where it is given, in one edit, together
 * with the fields that repeat them and those of the keys. Throws `ItemReadError`.
 */
export type WriteLogin = (ref: ItemRef, change: LoginChange) => Promise<void>;

/** Writes with the same clients as `readThroughClient`. The token needs write access to the vault. */
export function writeThroughClient(access: OnePasswordAccess): WriteLogin {
  switch (access.kind) {
    case "connect":
      return writeThroughConnect(access.url, access.token);
    case "service-account":
      return writeThroughOp({ OP_SERVICE_ACCOUNT_TOKEN: access.token });
    case "account":
      return writeThroughOp({ OP_ACCOUNT: access.account });
  }
}

function writeThroughConnect(serverURL: string, token: string): WriteLogin {
  const connect = OnePasswordConnect({ serverURL, token, keepAlive: false });
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
function writeThroughOp(env: Readonly<Record<string, string>>): WriteLogin {
  return async (ref, change) => {
    const item = await withRetries(async () =>
      parseOpAnswer<ItemContent>(await runOp(["get", ref.item, "--format", "json"], { ref, env })),
    );
    setLogin(item, change);
    await runOp(["edit", ref.item], { ref, env, input: JSON.stringify(item) });
  };
}
