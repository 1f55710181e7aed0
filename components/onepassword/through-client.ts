import { type FullItem, OnePasswordConnect } from "@1password/connect";
import { execa } from "execa";
import { didYouMean } from "../closest.ts";
import type { OnePasswordAccess } from "../config/environment.ts";
import type { ItemRef } from "../config/spec/item.ts";
import { Item, isItemId, type ReadItem, toItemReadError } from "./item.ts";

/**
 * Reads items without Pulumi, for the verbs and for Berth's provider: with 1Password's Connect client, or with its
 * `op` command for a service account and the desktop app.
 */
export function readThroughClient(access: OnePasswordAccess): ReadItem {
  return throughClient(access, readThroughConnect, readThroughOp);
}

/** Connect's client, and the environment of `op`. */
export type ConnectClient = ReturnType<typeof OnePasswordConnect>;
export type OpEnvironment = Readonly<Record<string, string>>;

/** Chooses the client for an access. */
export function throughClient<T>(
  access: OnePasswordAccess,
  connect: (client: ConnectClient) => T,
  op: (env: OpEnvironment) => T,
  keepAlive = true,
): T {
  switch (access.kind) {
    case "connect":
      return connect(OnePasswordConnect({ serverURL: access.url, token: access.token, keepAlive }));
    case "service-account":
      return op({ OP_SERVICE_ACCOUNT_TOKEN: access.token });
    case "account":
      return op({ OP_ACCOUNT: access.account });
  }
}

/** Answer of both. Connect's OpenAPI document and `op item get --format json` have the same form. */
interface ItemAnswer {
  readonly id?: string;
  readonly version?: number;
  readonly vault?: { readonly id?: string | undefined };
  readonly sections?: readonly { readonly id?: string; readonly label?: string }[];
  readonly fields?: readonly {
    readonly label?: string;
    readonly purpose?: string;
    readonly value?: string;
    readonly section?: { readonly id?: string; readonly label?: string };
  }[];
  readonly files?: readonly { readonly name?: string }[];
}

/**
 * Lists a vault's titles once, then makes one request for each item. The list has no secrets. A search by
 * title would need two requests for each item.
 */
function readThroughConnect(connect: ConnectClient): ReadItem {
  const vaults = new Map<string, Promise<VaultTitles>>();
  const openVault = async (name: string): Promise<VaultTitles> => {
    const id = await findVault(connect, name);
    let titles: Promise<ReadonlyMap<string, readonly string[]>> | undefined;
    return { id, titles: () => (titles ??= connect.listItems(id).then(toIdsByTitle)) };
  };
  return async (ref) => {
    const vault = vaults.get(ref.vault) ?? openVault(ref.vault);
    vaults.set(ref.vault, vault);
    try {
      const { id, titles } = await vault;
      const itemId = isItemId(ref.item) ? ref.item : onlyOne(ref.item, await titles());
      const answer = await connect.getItemById(id, itemId);
      toId(answer.id);
      return toItem(answer as unknown as ItemAnswer, ref);
    } catch (error) {
      // A retry starts again with the vault and its titles.
      if (vaults.get(ref.vault) === vault) vaults.delete(ref.vault);
      return throwAsOurs(error);
    }
  };
}

interface VaultTitles {
  readonly id: string;
  /** Ids by title, requested on the first call. */
  readonly titles: () => Promise<ReadonlyMap<string, readonly string[]>>;
}

/** The client's types promise a list, but an answer that was cut off is not a list. */
function toIdsByTitle(answer: unknown): ReadonlyMap<string, readonly string[]> {
  if (!Array.isArray(answer)) throw new Error("unexpected end of JSON input");
  const items = answer as readonly { readonly id?: string; readonly title?: string }[];
  const byTitle = Map.groupBy(items, ({ title = "" }) => title);
  return new Map([...byTitle].map(([title, found]) => [title, found.map(({ id }) => toId(id))]));
}

/**
 * The id of the vault with that id or title. The client's own look-up takes an answer that was cut off for
 * several vaults, and says nothing of those that there are.
 */
export async function findVault(
  connect: Pick<ConnectClient, "listVaults">,
  name: string,
): Promise<string> {
  const answer: unknown = await connect.listVaults();
  if (!Array.isArray(answer)) throw new Error("unexpected end of JSON input");
  const vaults = answer as readonly { readonly id?: string; readonly name?: string }[];
  const ids = vaults.map(({ id }) => toId(id));
  const found = ids.filter((id, at) => id === name || vaults[at]?.name === name);
  const [id] = found;
  if (id !== undefined && found.length === 1) return id;
  if (found.length > 1) throw new Error(`found ${String(found.length)} vaults`);
  const visible = vaults.map((vault) => vault.name ?? vault.id ?? "");
  const closest = didYouMean(name, visible);
  throw new Error(
    `found 0 vaults; the token may see ${visible.map((one) => JSON.stringify(one)).join(", ") || "none"}${closest}`,
  );
}

/** A whole item, to edit it. Throws `ItemReadError`. */
export async function readWholeItem(
  connect: ReturnType<typeof OnePasswordConnect>,
  { vault, item }: ItemRef,
): Promise<FullItem> {
  try {
    const vaultId = await findVault(connect, vault);
    // The client's own look-up takes an answer that was cut off for several items.
    const itemId = isItemId(item)
      ? item
      : onlyOne(item, toIdsByTitle(await connect.listItems(vaultId)));
    const answer = await connect.getItemById(vaultId, itemId);
    toId(answer.id);
    return answer;
  } catch (error) {
    throwAsOurs(error);
  }
}

function onlyOne(title: string, byTitle: ReadonlyMap<string, readonly string[]>): string {
  const ids = byTitle.get(title) ?? [];
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return id;
  throw new Error(`found ${String(ids.length)} items${didYouMean(title, byTitle.keys())}`);
}

/** The client returns an answer without fields if its JSON was cut off. */
function toId(id: string | undefined): string {
  if (id === undefined) throw new Error("unexpected end of JSON input");
  return id;
}

/** Without `cause`: the client's error holds the request, and so a password that was to be written. */
export function throwAsOurs(error: unknown): never {
  throw toItemReadError(describeConnectError(error));
}

/** The client rejects with `{status, message}` for answers and with an axios error for the network. */
function describeConnectError(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { status, message, code } = error as { status?: number; message?: string; code?: string };
  return [
    ...(status === undefined ? [] : [`status ${String(status)}:`]),
    ...(code === undefined ? [] : [code]),
    message ?? "",
  ].join(" ");
}

function readThroughOp(env: OpEnvironment): ReadItem {
  return async (ref) => {
    const answer = await runOp(["get", ref.item, "--format", "json"], { ref, env });
    return toItem(parseOpAnswer<ItemAnswer>(answer), ref);
  };
}

/** What `op item …` prints for an item of a vault. Throws `ItemReadError` with no more than its error output. */
export async function runOp(
  args: readonly string[],
  {
    ref,
    env,
    input,
  }: {
    readonly ref: ItemRef;
    readonly env: Readonly<Record<string, string>>;
    readonly input?: string;
  },
): Promise<string> {
  const result = await execa("op", ["item", ...args, "--vault", ref.vault], {
    env: opEnvironment(env),
    extendEnv: false,
    reject: false,
    timeout: 30_000,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  // NOTE: only stderr may be shown; stdout holds the item.
  if (result.code === "ENOENT")
    throw toItemReadError(
      "op is not on PATH: install 1Password's CLI (https://developer.1password.com/docs/cli/get-started)",
    );
  if (result.failed)
    throw toItemReadError(result.stderr || `op failed: ${result.code ?? "unknown"}`);
  return result.stdout;
}

/** A minimal one: with Connect's variables set, `op` would not use the service account. */
function opEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env };
}

/** What `op --format json` printed; the caller knows its shape. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the shape of the answer
export function parseOpAnswer<T>(stdout: string): T {
  try {
    return JSON.parse(stdout) as T;
  } catch {
    // NOTE: no `cause`; its message quotes what could not be parsed.
    throw toItemReadError("op did not answer with an item: end of JSON input");
  }
}

function toItem(answer: ItemAnswer, ref: ItemRef): Item {
  const titles = new Map(answer.sections?.map(({ id, label }) => [id, label ?? id ?? ""]));
  const fields = (answer.fields ?? []).flatMap(({ label, purpose, value = "", section }) => {
    const name = purpose === "USERNAME" || purpose === "PASSWORD" ? purpose.toLowerCase() : label;
    const title = section?.label ?? titles.get(section?.id) ?? section?.id ?? "";
    const shown = label === undefined || label === name ? {} : { shownAs: label };
    return name === undefined ? [] : [{ label: name, value, section: title, ...shown }];
  });
  const files = (answer.files ?? []).flatMap(({ name }) => name ?? []);
  const { id = ref.item, vault, version } = answer;
  return new Item(vault?.id ?? ref.vault, id, fields, { files, version });
}
