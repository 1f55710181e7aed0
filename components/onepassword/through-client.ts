import { OnePasswordConnect } from "@1password/connect";
import { execa } from "execa";
import type { OnePasswordAccess } from "../config/environment.ts";
import type { ItemRef } from "../config/spec.ts";
import { Item, isItemId, type ReadItem, toItemReadError } from "./item.ts";

/**
 * Reads items without Pulumi: with 1Password's Connect client, or with its `op` command for a service
 * account and the desktop app.
 */
export function readThroughClient(access: OnePasswordAccess): ReadItem {
  switch (access.kind) {
    case "connect":
      return readThroughConnect(access.url, access.token);
    case "service-account":
      return readThroughOp({ OP_SERVICE_ACCOUNT_TOKEN: access.token });
    case "account":
      return readThroughOp({ OP_ACCOUNT: access.account });
  }
}

/** Answer of both. Connect's OpenAPI document and `op item get --format json` have the same form. */
interface ItemAnswer {
  readonly id?: string;
  readonly vault?: { readonly id?: string | undefined };
  readonly fields?: readonly {
    readonly label?: string;
    readonly purpose?: string;
    readonly value?: string;
  }[];
}

/**
 * Lists a vault's titles once, then makes one request for each item. The list has no secrets. A search by
 * title would need two requests for each item.
 */
function readThroughConnect(serverURL: string, token: string): ReadItem {
  const connect = OnePasswordConnect({ serverURL, token, keepAlive: true });
  const vaults = new Map<string, Promise<VaultTitles>>();
  const openVault = async (name: string): Promise<VaultTitles> => {
    const id = toId((await connect.getVault(name)).id);
    let titles: Promise<ReadonlyMap<string, readonly string[]>> | undefined;
    return { id, titles: () => (titles ??= connect.listItems(id).then(toIdsByTitle)) };
  };
  return async (ref) => {
    const vault = vaults.get(ref.vault) ?? openVault(ref.vault);
    vaults.set(ref.vault, vault);
    try {
      const { id, titles } = await vault;
      const itemId = isItemId(ref.item) ? ref.item : onlyOne((await titles()).get(ref.item));
      const answer = await connect.getItemById(id, itemId);
      toId(answer.id);
      return toItem(answer as unknown as ItemAnswer, ref);
    } catch (error) {
      // A retry starts anew, with the vault and its titles.
      if (vaults.get(ref.vault) === vault) vaults.delete(ref.vault);
      throw toItemReadError(describeConnectError(error));
    }
  };
}

interface VaultTitles {
  readonly id: string;
  /** Ids by title, requested on the first call. */
  readonly titles: () => Promise<ReadonlyMap<string, readonly string[]>>;
}

/** The client's types promise a list, but a cut-off answer is none. */
function toIdsByTitle(answer: unknown): ReadonlyMap<string, readonly string[]> {
  if (!Array.isArray(answer)) throw new Error("unexpected end of JSON input");
  const items = answer as readonly { readonly id?: string; readonly title?: string }[];
  const byTitle = Map.groupBy(items, ({ title = "" }) => title);
  return new Map([...byTitle].map(([title, found]) => [title, found.map(({ id }) => toId(id))]));
}

function onlyOne(ids: readonly string[] = []): string {
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return id;
  throw new Error(`found ${String(ids.length)} items`);
}

/** The client returns an answer without fields if its JSON was cut off. */
function toId(id: string | undefined): string {
  if (id === undefined) throw new Error("unexpected end of JSON input");
  return id;
}

/** The client rejects with `{status, message}` for answers and with an axios error for the network. */
export function describeConnectError(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { status, message, code } = error as { status?: number; message?: string; code?: string };
  return [
    ...(status === undefined ? [] : [`status ${String(status)}:`]),
    ...(code === undefined ? [] : [code]),
    message ?? "",
  ].join(" ");
}

function readThroughOp(env: Readonly<Record<string, string>>): ReadItem {
  return async (ref) => {
    const result = await execa(
      "op",
      ["item", "get", ref.item, "--vault", ref.vault, "--format", "json"],
      { env: opEnvironment(env), extendEnv: false, reject: false, timeout: 30_000 },
    );
    // NOTE: only stderr may be shown; stdout has the item.
    if (result.code === "ENOENT") throw toItemReadError("op is not on PATH; it is 1Password's CLI");
    if (result.failed)
      throw toItemReadError(result.stderr || `op failed: ${result.code ?? "unknown"}`);
    return toItem(parseAnswer(result.stdout), ref);
  };
}

/** A minimal environment: with Connect's variables `op` would not use the service account. */
export function opEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env };
}

function parseAnswer(stdout: string): ItemAnswer {
  try {
    return JSON.parse(stdout) as ItemAnswer;
  } catch {
    // NOTE: no `cause`; its message quotes what could not be parsed.
    throw toItemReadError("op did not answer with an item: end of JSON input");
  }
}

function toItem(answer: ItemAnswer, ref: ItemRef): Item {
  const fields = new Map<string, string>();
  for (const { label, purpose, value } of answer.fields ?? []) {
    const name = purpose === "USERNAME" || purpose === "PASSWORD" ? purpose.toLowerCase() : label;
    if (name !== undefined && value !== undefined) fields.set(name, value);
  }
  return new Item(answer.vault?.id ?? ref.vault, answer.id ?? ref.item, fields);
}
