import { randomInt } from "node:crypto";
import { type FullItem, OnePasswordConnect } from "@1password/connect";
import { execa } from "execa";
import type { OnePasswordAccess } from "../config/environment.ts";
import type { ItemRef } from "../config/spec.ts";
import { toItemReadError } from "./item.ts";
import { describeConnectError, opEnvironment } from "./through-client.ts";

/**
 * Changes an item's `password`, and its `username` if given, in one edit. Without `password` a new one is
 * made that nobody has seen. Throws `ItemReadError`.
 */
export type WriteLogin = (
  ref: ItemRef,
  change: { readonly username?: string; readonly password?: string },
) => Promise<void>;

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

const passwordLength = 32;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Only letters and digits, which need no escaping in a URL or a shell. */
export function makePassword(): string {
  const letters = Array.from(
    { length: passwordLength },
    () => alphabet[randomInt(alphabet.length)],
  );
  return letters.join("");
}

function writeThroughConnect(serverURL: string, token: string): WriteLogin {
  const connect = OnePasswordConnect({ serverURL, token, keepAlive: false });
  return async (ref, { username, password = makePassword() }) => {
    try {
      const vault = await connect.getVault(ref.vault);
      const vaultId = vault.id ?? "";
      const item = await connect.getItem(vaultId, ref.item);
      setField(item.fields, "PASSWORD", password);
      if (username !== undefined) setField(item.fields, "USERNAME", username);
      await connect.updateItem(vaultId, item);
    } catch (error) {
      throw toItemReadError(describeConnectError(error));
    }
  };
}

/** Finds the field by its purpose, as in a login item, or by its label, as in other categories. */
function setField(
  fields: FullItem["fields"] = [],
  purpose: "USERNAME" | "PASSWORD",
  value: string,
): void {
  const field =
    fields.find((candidate) => String(candidate.purpose) === purpose) ??
    fields.find((candidate) => candidate.label === purpose.toLowerCase());
  if (field === undefined) throw new Error(`the item has no field "${purpose.toLowerCase()}"`);
  field.value = value;
}

/** No password is in a process's arguments: `op` makes it itself, or reads the item from its stdin. */
function writeThroughOp(env: Readonly<Record<string, string>>): WriteLogin {
  const op = async (args: readonly string[], ref: ItemRef, input?: string): Promise<string> => {
    const result = await execa("op", ["item", ...args, "--vault", ref.vault], {
      ...{ env: opEnvironment(env), extendEnv: false, reject: false, timeout: 30_000 },
      ...(input === undefined ? { stdin: "ignore" } : { input }),
    });
    // NOTE: only stderr may be shown; stdout has the item.
    if (result.code === "ENOENT") throw toItemReadError("op is not on PATH; it is 1Password's CLI");
    if (result.failed)
      throw toItemReadError(result.stderr || `op failed: ${result.code ?? "unknown"}`);
    return result.stdout;
  };
  return async (ref, { username, password }) => {
    const edit = ["edit", ref.item];
    if (password === undefined) {
      const generate = `--generate-password=letters,digits,${String(passwordLength)}`;
      const rename = username === undefined ? [] : [`username=${username}`];
      await op([...edit, generate, ...rename], ref);
      return;
    }
    const item = parseItem(await op(["get", ref.item, "--format", "json"], ref));
    setField(item.fields, "PASSWORD", password);
    if (username !== undefined) setField(item.fields, "USERNAME", username);
    await op(edit, ref, JSON.stringify(item));
  };
}

function parseItem(stdout: string): Pick<FullItem, "fields"> {
  try {
    return JSON.parse(stdout) as Pick<FullItem, "fields">;
  } catch {
    // NOTE: no `cause`; its message quotes what could not be parsed.
    throw toItemReadError("op did not answer with an item: end of JSON input");
  }
}
