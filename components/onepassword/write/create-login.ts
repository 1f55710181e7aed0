import type { FullItem } from "@1password/connect";
import type { OnePasswordAccess } from "../../config/environment.ts";
import type { SecretKey } from "../../config/keys/template.ts";
import type { ItemRef } from "../../config/spec/item.ts";
import type { RoleSpec } from "../../config/spec.ts";
import { withRetries } from "../read-items.ts";
import {
  type ConnectClient,
  findVault,
  type OpEnvironment,
  runOp,
  throughClient,
  throwAsOurs,
} from "../through-client.ts";
import type { Login } from "./derived-fields.ts";
import { type ItemContent, setLogin } from "./edit-login.ts";

interface NewLogin extends Login {
  readonly role: Pick<RoleSpec, "fields" | "name">;
  /** Keys of the Secret that are fields of the item. */
  readonly keys: readonly SecretKey[];
}

/** Makes an item with a login and the fields that repeat it, in one request. Throws `ItemReadError`. */
export type CreateLogin = (ref: ItemRef, login: NewLogin) => Promise<void>;

/** Uses the same clients as `readThroughClient`. The token needs write access to the vault. */
export function createThroughClient(access: OnePasswordAccess): CreateLogin {
  return throughClient(access, createThroughConnect, createThroughOp, false);
}

function createThroughConnect(connect: ConnectClient): CreateLogin {
  return async (ref, login) => {
    const vaultId = await withRetries(() => findVault(connect, ref.vault).catch(throwAsOurs));
    const item: unknown = toItem(ref, login);
    await connect.createItem(vaultId, item as FullItem).catch(throwAsOurs);
  };
}

/**
 * The item goes through a pipe, so no password is among the arguments of a process.
 *
 * @see https://developer.1password.com/docs/cli/item-create
 */
function createThroughOp(env: OpEnvironment): CreateLogin {
  return async (ref, login) => {
    await runOp(["create", "-"], { ref, env, input: JSON.stringify(toItem(ref, login)) });
  };
}

/** As 1Password's apps make a login, so that its browser extension and `op` find both fields by purpose. */
function toItem({ item: title }: ItemRef, { username, password, role, keys }: NewLogin) {
  const labels = role.fields;
  const isCustom = labels.username !== "username" || labels.password !== "password";
  const content: ItemContent = {
    sections: isCustom ? [{ ...section }] : [],
    fields: [
      ...(labels.username === undefined ? [] : [toField(labels.username, "STRING", username)]),
      toField(labels.password, "CONCEALED", password),
    ],
  };
  setLogin(content, { username, password, keys, role });
  return { title, category: "LOGIN", ...content };
}

const section = { id: "app", label: "app" };

/** The Pulumi provider reads fields with labels of their own only in a section. */
function toField(label: string, type: "STRING" | "CONCEALED", value: string) {
  const isOwn = label === "username" || label === "password";
  return {
    id: label,
    label,
    type,
    value,
    ...(isOwn ? { purpose: label.toUpperCase() } : { section: { id: section.id } }),
  };
}
