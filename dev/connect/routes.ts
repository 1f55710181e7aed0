import { ConnectError, createItem, replaceItem } from "./item-edits.ts";
import type { Item, VaultRecord, VaultStore } from "./vault-data.ts";

/** A request with a valid token. `segments` is the path below `/v1`, decoded. */
export interface ApiRequest {
  readonly method: string;
  readonly segments: readonly string[];
  readonly filter: string | undefined;
  readonly body: unknown;
}

/** An answer; without `body` and `bytes` it is an empty 204. */
export interface ApiResponse {
  readonly status: number;
  readonly body?: unknown;
  /** Content of a file. */
  readonly bytes?: Buffer;
}

/** What the routes need. `scope` = ids of the vaults that the token has access to; undefined = all. */
export interface ApiContext {
  readonly store: VaultStore;
  readonly scope: readonly string[] | undefined;
  readonly mayWrite: boolean;
}

/**
 * The Connect REST API below `/v1`: vaults, items and files. It knows nothing of HTTP, tokens and
 * faults; `server.ts` does.
 *
 * @throws ConnectError for everything that is not a 2xx.
 */
export function answer(context: ApiContext, request: ApiRequest): ApiResponse {
  const [root, vaultId, items, itemId, ...rest] = request.segments;
  if (root !== "vaults") throw notFound("resource");
  if (vaultId === undefined) return listVaults(context, request);
  const vault = findVault(context, vaultId);
  if (items === undefined) {
    expectMethod(request, ["GET"]);
    return { status: 200, body: toVaultView(vault) };
  }
  if (items !== "items") throw notFound("resource");
  if (!context.mayWrite && request.method !== "GET") {
    throw new ConnectError(403, `the token may not write to vault ${vaultId}`);
  }
  if (itemId === undefined) return answerItems(context, vault, request);
  const item = vault.items.find((candidate) => candidate.id === itemId);
  if (item === undefined) throw notFound(`item ${itemId}`);
  if (rest.length > 0) return answerFiles(item, rest, request);
  return answerItem(context, item, request);
}

function listVaults(context: ApiContext, request: ApiRequest): ApiResponse {
  expectMethod(request, ["GET"]);
  const isWanted = parseFilter(request.filter, ["eq"]);
  const visible = context.store
    .vaults()
    .filter((vault) => context.scope === undefined || context.scope.includes(vault.id))
    .filter((vault) => isWanted(vault.name));
  return { status: 200, body: visible.map(toVaultView) };
}

function findVault(context: ApiContext, vaultId: string): VaultRecord {
  const vault = context.store.vault(vaultId);
  if (vault === undefined) throw notFound(`vault ${vaultId}`);
  if (context.scope !== undefined && !context.scope.includes(vaultId)) {
    throw new ConnectError(403, `vault ${vaultId} is not in scope`);
  }
  return vault;
}

function answerItems(context: ApiContext, vault: VaultRecord, request: ApiRequest): ApiResponse {
  expectMethod(request, ["GET", "POST"]);
  if (request.method === "POST") {
    const item = createItem(request.body, vault.id);
    context.store.putItem(item);
    return { status: 200, body: toItemView(item) };
  }
  const isWanted = parseFilter(request.filter, ["eq", "co"]);
  const found = vault.items.filter((item) => isWanted(item.title));
  return { status: 200, body: found.map(toSummary) };
}

function answerItem(context: ApiContext, item: Item, request: ApiRequest): ApiResponse {
  expectMethod(request, ["GET", "PUT"]);
  if (request.method === "GET") return { status: 200, body: toItemView(item) };
  const changed = replaceItem(item, request.body);
  context.store.putItem(changed);
  return { status: 200, body: toItemView(changed) };
}

function answerFiles(item: Item, rest: readonly string[], request: ApiRequest): ApiResponse {
  expectMethod(request, ["GET"]);
  const [root, id, part, ...more] = rest;
  if (root !== "files" || ![undefined, "content"].includes(part) || more.length > 0)
    throw notFound("resource");
  if (id === undefined) return { status: 200, body: toFileViews(item) };
  const file = item.files?.find((candidate) => candidate.id === id);
  if (file === undefined) throw notFound(`file ${id}`);
  if (part === "content") return { status: 200, bytes: Buffer.from(file.content, "base64") };
  return { status: 200, body: toFileViews(item).find((view) => view.id === id) };
}

/** The content of a file has an address of its own. */
function toFileViews({ id: itemId, vault, files = [] }: Item) {
  const folder = `/v1/vaults/${vault.id}/items/${itemId}/files`;
  return files.map(({ id, name, size }) => ({
    id,
    name,
    size,
    content_path: `${folder}/${id}/content`,
  }));
}

function toItemView(item: Item): Readonly<Record<string, unknown>> {
  return item.files === undefined ? item : { ...item, files: toFileViews(item) };
}

/**
 * Connect's filter is one comparison. For vaults the documentation has `name eq`, and both SDKs send
 * `title eq`. Neither SDK escapes quotes inside the value.
 */
function parseFilter(
  filter: string | undefined,
  operators: readonly ("eq" | "co")[],
): (name: string) => boolean {
  if (filter === undefined || filter === "") return () => true;
  const match = /^\s*(?:title|name)\s+(eq|co)\s+"(.*)"\s*$/i.exec(filter);
  const operator = match?.[1]?.toLowerCase();
  const wanted = match?.[2];
  if (wanted === undefined || !operators.some((allowed) => allowed === operator)) {
    throw new ConnectError(400, "Invalid filter");
  }
  if (operator === "co") return (name) => name.toLowerCase().includes(wanted.toLowerCase());
  return (name) => name === wanted;
}

function toVaultView(vault: VaultRecord): Readonly<Record<string, unknown>> {
  const { items, ...view } = vault;
  return { ...view, attributeVersion: 1, items: items.length, type: "USER_CREATED" };
}

const onlyInItem = ["fields", "sections", "files"];

/** A list has no fields, sections or files: a secret is only in the answer for its item. */
function toSummary(item: Item): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !onlyInItem.includes(name)));
}

function expectMethod(request: ApiRequest, allowed: readonly string[]): void {
  if (!allowed.includes(request.method)) throw new ConnectError(405, "Method not allowed");
}

function notFound(what: string): ConnectError {
  return new ConnectError(404, `${what} not found`);
}
