import { type FullItem, OnePasswordConnect } from "@1password/connect";
import { execa } from "execa";
import { didYouMean } from "../closest.ts";
import type { OnePasswordAccess } from "../config/environment.ts";
import { type ItemRef, isItemId } from "../config/spec/item.ts";
import { holdLineBreaks } from "../terminal-text.ts";
import { createConnectRequests } from "./connect-requests.ts";
import { Item, ItemReadError, type ReadItem, toItemReadError } from "./item.ts";

/** Reads items without Pulumi: with 1Password's Connect client, or with `op` for a service account and the desktop app. */
export function readThroughClient(access: OnePasswordAccess): ReadItem {
  return throughClient(access, readThroughConnect, readThroughOp);
}

/** Connect's client, and the environment of `op`. */
export type ConnectClient = ReturnType<typeof OnePasswordConnect>;
export type OpEnvironment = Readonly<Record<string, string>>;

export function throughClient<T>(
  access: OnePasswordAccess,
  connect: (client: ConnectClient) => T,
  op: (env: OpEnvironment) => T,
  keepAlive = true,
): T {
  switch (access.kind) {
    case "connect":
      return connect(
        OnePasswordConnect({
          serverURL: access.url,
          token: access.token,
          keepAlive,
          httpClient: createConnectRequests(access.url, keepAlive),
        }),
      );
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

/** Lists a vault's titles once. A search by title would need two requests for each item. */
function readThroughConnect(connect: ConnectClient): ReadItem {
  const vaults = new Map<string, Promise<VaultTitles>>();
  return async (ref) => {
    const vault = vaults.get(ref.vault) ?? openVault(connect, ref.vault);
    vaults.set(ref.vault, vault);
    try {
      const answer: unknown = await getItem(connect, await vault, ref.item);
      return toItem(answer as ItemAnswer, ref);
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

async function openVault(connect: ConnectClient, name: string): Promise<VaultTitles> {
  const id = await findVault(connect, name);
  let titles: ReturnType<VaultTitles["titles"]> | undefined;
  return { id, titles: () => (titles ??= connect.listItems(id).then(toIdsByTitle)) };
}

/** The client's own look-up takes an answer that was cut off for several items. */
async function getItem(
  connect: ConnectClient,
  { id, titles }: VaultTitles,
  item: string,
): Promise<FullItem> {
  const answer = await connect.getItemById(
    id,
    isItemId(item) ? item : onlyOne(item, await titles()),
  );
  toId(answer.id);
  return answer;
}

/** The client's types promise a list, but an answer that was cut off is not a list. */
function toIdsByTitle(answer: unknown): ReadonlyMap<string, readonly string[]> {
  if (!Array.isArray(answer)) throw cutOff();
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
  if (!Array.isArray(answer)) throw cutOff();
  const vaults = answer as readonly { readonly id?: string; readonly name?: string }[];
  const ids = vaults.map(({ id }) => toId(id));
  const found = ids.filter((id, at) => id === name || vaults[at]?.name === name);
  const [id] = found;
  if (id !== undefined && found.length === 1) return id;
  if (found.length > 1) {
    throw new ItemReadError("several vaults", `found ${String(found.length)} vaults`);
  }
  const visible = holdLineBreaks(vaults.map((vault) => vault.name ?? vault.id ?? ""));
  throw new ItemReadError(
    "missing vault",
    `found 0 vaults; the token may see ${visible.map((one) => JSON.stringify(one)).join(", ") || "none"}`,
    didYouMean(name, visible),
  );
}

/** A whole item, to edit it. Throws `ItemReadError`. */
export async function readWholeItem(
  connect: ConnectClient,
  { vault, item }: ItemRef,
): Promise<FullItem> {
  try {
    return await getItem(connect, await openVault(connect, vault), item);
  } catch (error) {
    throwAsOurs(error);
  }
}

function onlyOne(title: string, byTitle: ReadonlyMap<string, readonly string[]>): string {
  const ids = byTitle.get(title) ?? [];
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return id;
  throw new ItemReadError(
    ids.length === 0 ? "missing item" : "several items",
    `found ${String(ids.length)} items`,
    didYouMean(title, holdLineBreaks([...byTitle.keys()])),
  );
}

/** The client returns an answer without fields if its JSON was cut off. */
function toId(id: string | undefined): string {
  if (id === undefined) throw cutOff();
  return id;
}

function cutOff(): ItemReadError {
  return new ItemReadError("server error", "unexpected end of JSON input");
}

/** Without `cause`: the client's error holds the request, and so a password that was to be written. */
export function throwAsOurs(error: unknown): never {
  throw error instanceof ItemReadError ? error : toItemReadError(describeConnectError(error));
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
  return async (ref) => toItem(await readOpItem<ItemAnswer>(ref, env), ref);
}

/** What `op item …` prints for an item of a vault. Throws `ItemReadError` with no more than its error output. */
export async function runOp(
  args: readonly string[],
  given: { readonly ref: ItemRef; readonly env: OpEnvironment; readonly input?: string },
): Promise<string> {
  const { ref, env, input } = given;
  const result = await execa("op", ["item", ...args, "--vault", ref.vault], {
    // With Connect's variables set, `op` would not use the service account.
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
    extendEnv: false,
    reject: false,
    timeout: 30_000,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  // NOTE: only stderr may be shown; stdout holds the item.
  if (result.code === "ENOENT")
    throw new ItemReadError(
      "unknown",
      "op is not on PATH: install 1Password's CLI (https://developer.1password.com/docs/cli/get-started)",
    );
  if (result.failed)
    throw toItemReadError(result.stderr || `op failed: ${result.code ?? "unknown"}`);
  return result.stdout;
}

/** An item as `op` prints it; the caller knows its shape. */
export async function readOpItem<T>(ref: ItemRef, env: OpEnvironment): Promise<T> {
  const stdout = await runOp(["get", ref.item, "--format", "json"], { ref, env });
  try {
    return JSON.parse(stdout) as T;
  } catch {
    // NOTE: no `cause`; its message quotes what could not be parsed.
    throw new ItemReadError("server error", "op did not answer with an item: end of JSON input");
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
