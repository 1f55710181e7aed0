import { randomInt } from "node:crypto";
import { type FullItem, OnePasswordConnect } from "@1password/connect";
import { execa } from "execa";
import type { OnePasswordAccess } from "../config/environment.ts";
import type { ItemRef } from "../config/spec.ts";
import { toItemReadError } from "./item.ts";
import { describeConnectError, opEnvironment } from "./through-client.ts";

/**
 * Gives an item's `password` a new value that nobody has seen, and its `username` another value where
 * one is given. Throws `ItemReadError`.
 */
export type WriteLogin = (ref: ItemRef, change: { readonly username?: string }) => Promise<void>;

/** The same ways as `readThroughClient`; the token needs write access to the vault. */
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

const passwordLength = 32;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Letters and digits alone: every driver, URL and shell takes them as they are. */
function makePassword(): string {
  const letters = Array.from(
    { length: passwordLength },
    () => alphabet[randomInt(alphabet.length)],
  );
  return letters.join("");
}

function writeThroughConnect(serverURL: string, token: string): WriteLogin {
  const connect = OnePasswordConnect({ serverURL, token, keepAlive: false });
  return async (ref, { username }) => {
    try {
      const vault = await connect.getVault(ref.vault);
      const vaultId = vault.id ?? "";
      const item = await connect.getItem(vaultId, ref.item);
      setField(item, "PASSWORD", makePassword());
      if (username !== undefined) setField(item, "USERNAME", username);
      await connect.updateItem(vaultId, item);
    } catch (error) {
      throw toItemReadError(describeConnectError(error));
    }
  };
}

/** By purpose, as a login item has it, else by label, as any other category has it. */
function setField(item: FullItem, purpose: "USERNAME" | "PASSWORD", value: string): void {
  const fields = item.fields ?? [];
  const field =
    fields.find((candidate) => String(candidate.purpose) === purpose) ??
    fields.find((candidate) => candidate.label === purpose.toLowerCase());
  if (field === undefined) throw new Error(`the item has no field "${purpose.toLowerCase()}"`);
  field.value = value;
}

/** `op` makes the password itself, so that none is among the arguments of a process. */
function writeThroughOp(env: Readonly<Record<string, string>>): WriteLogin {
  return async (ref, { username }) => {
    const result = await execa(
      "op",
      [
        ...["item", "edit", ref.item, "--vault", ref.vault],
        `--generate-password=letters,digits,${String(passwordLength)}`,
        ...(username === undefined ? [] : [`username=${username}`]),
      ],
      { env: opEnvironment(env), extendEnv: false, reject: false, timeout: 30_000 },
    );
    // NOTE: only stderr may be shown; stdout holds the item.
    if (result.code === "ENOENT") throw toItemReadError("op is not on PATH; it is 1Password's CLI");
    if (result.failed)
      throw toItemReadError(result.stderr || `op failed: ${result.code ?? "unknown"}`);
  };
}
