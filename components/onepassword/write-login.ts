import { randomInt } from "node:crypto";
import { type FullItem, OnePasswordConnect } from "@1password/connect";
import type { OnePasswordAccess } from "../config/environment.ts";
import type { ItemRef } from "../config/spec.ts";
import { renewLogin } from "./derived-fields.ts";
import { ItemReadError, toItemReadError } from "./item.ts";
import { describeConnectError, findVault, parseOpAnswer, runOp } from "./through-client.ts";

/** A new login; what is left out stays, but for the password, which is then made. */
interface LoginChange {
  readonly username?: string;
  readonly password?: string;
}

/**
 * Gives an item's `password` a new value, and its `username` one where it is given, in one edit, together
 * with the fields that repeat them. Throws `ItemReadError`.
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
  return async (ref, change) => {
    try {
      const vaultId = await findVault(connect, ref.vault);
      const item = await connect.getItem(vaultId, ref.item);
      setLogin(item.fields, change);
      await connect.updateItem(vaultId, item);
    } catch (error) {
      if (error instanceof ItemReadError) throw error;
      throw toItemReadError(describeConnectError(error));
    }
  };
}

/** The item goes through a pipe, so no password is among the arguments of a process. */
function writeThroughOp(env: Readonly<Record<string, string>>): WriteLogin {
  return async (ref, change) => {
    const answer = await runOp(["get", ref.item, "--format", "json"], { ref, env });
    const item = parseOpAnswer<Pick<FullItem, "fields">>(answer);
    setLogin(item.fields, change);
    await runOp(["edit", ref.item], { ref, env, input: JSON.stringify(item) });
  };
}

type Fields = NonNullable<FullItem["fields"]>;

function setLogin(fields: Fields = [], { username, password = makePassword() }: LoginChange): void {
  const passwordField = onlyField(fields, "PASSWORD");
  const usernameField = username === undefined ? undefined : onlyField(fields, "USERNAME");
  const old = { username: usernameField?.value ?? "", password: passwordField.value ?? "" };
  const renewed = { username: username ?? "", password };
  for (const field of fields) {
    if (field === passwordField || field === usernameField || !field.value) continue;
    const value = renewLogin(field.value, old, renewed);
    if (value === undefined) {
      throw new ItemReadError(
        "unknown",
        `its field "${field.label ?? ""}" holds the password as well, in a form that is no URL; remove that field, or let it hold a URL`,
      );
    }
    field.value = value;
  }
  passwordField.value = password;
  if (usernameField !== undefined && username !== undefined) usernameField.value = username;
}

/** By purpose, as a login item has it, else by label, as any other category has it. */
function onlyField(fields: Fields, purpose: "USERNAME" | "PASSWORD"): Fields[number] {
  const label = purpose.toLowerCase();
  const found = fields.filter(
    (field) => String(field.purpose) === purpose || (field.label === label && field.value),
  );
  const [field] = found;
  if (field !== undefined && found.length === 1) return field;
  const count = found.length === 0 ? "no field" : `${String(found.length)} fields named`;
  throw new ItemReadError("unknown", `the item has ${count} "${label}"`);
}
