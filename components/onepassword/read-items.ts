import pLimit from "p-limit";
import pRetry from "p-retry";
import { didYouMean, findClosest } from "../closest.ts";
import { toShellWord } from "../command-line.ts";
import { toKeyName } from "../config/keys/name.ts";
import type { ItemRef } from "../config/spec/item.ts";
import { toOneError } from "../errors.ts";

import { holdLineBreaks } from "../terminal-text.ts";
import { findFileProblems } from "./attached-files.ts";
import { type Item, ItemReadError, type ItemReadFailure, type ReadItem } from "./item.ts";
import {
  assignment,
  describeMissing,
  escapeField,
  type ItemRequest,
  listSome,
  type MissingItem,
  whoWants,
} from "./item-request.ts";
import { findKeyFields } from "./write/key-fields.ts";

/** Items by reference. */
export type Items = (ref: ItemRef) => Item;

/** Limits for {@link readItems}. */
export interface ReadOptions {
  readonly concurrency?: number;
  readonly retries?: number;
  /** Milliseconds before the first retry. The delay doubles for each further one. */
  readonly firstDelay?: number;
}

/** What was read of some items. */
interface ItemsRead {
  readonly items: Items;
  /** Items that do not exist. */
  readonly missing: readonly MissingItem[];
  /** Everything else that is wrong. */
  readonly problems: readonly string[];
}

/**
 * Reads every item once; see {@link inspectItems}.
 *
 * @throws BerthError that lists every missing item and field, each with the command that makes it.
 */
export async function readItems(
  requests: readonly ItemRequest[],
  readItem: ReadItem,
  options?: ReadOptions,
): Promise<Items> {
  const { items, missing, problems } = await inspectItems(requests, readItem, options);
  const all = [...problems, ...missing.map(describeMissing)];
  if (all.length > 0) throw toOneError("1Password", all.toSorted());
  return items;
}

/**
 * Reads every item once, several at a time, and retries on 429 and 5xx. Stops when 1Password refuses the
 * token, because failed reads count against the account's rate limit.
 */
export async function inspectItems(
  requests: readonly ItemRequest[],
  readItem: ReadItem,
  options: ReadOptions = {},
): Promise<ItemsRead> {
  const limit = pLimit(options.concurrency ?? 8);
  const byKey = Map.groupBy(requests, (request) => keyOf(request.ref));
  const items = new Map<string, Item>();
  const problems: string[] = [];
  const failures: { readonly error: ItemReadError; readonly wanted: readonly ItemRequest[] }[] = [];
  const readOne = async (key: string, wanted: readonly ItemRequest[]): Promise<void> => {
    const [first] = wanted;
    if (first === undefined || failures.some(({ error }) => error.failure === "unauthorized"))
      return;
    try {
      const item = await withRetries(() => readItem(first.ref), options);
      items.set(key, item);
      problems.push(...wanted.flatMap((request) => findFieldProblems(request, item)));
    } catch (error) {
      if (!(error instanceof ItemReadError)) throw error;
      failures.push({ error, wanted });
    }
  };
  await Promise.all([...byKey].map(([key, wanted]) => limit(() => readOne(key, wanted))));
  const missing = failures.filter(({ error }) => error.failure === "missing item");
  const others = failures.filter(({ error }) => error.failure !== "missing item");
  const causes = Map.groupBy(others, ({ error, wanted }) => causeOf(error, wanted));
  for (const found of causes.values()) {
    const [first] = found;
    if (first === undefined) continue;
    const wanted = found.flatMap((failure) => failure.wanted);
    problems.push(describeFailure(first.error, wanted));
  }
  return { items: toItems(items), missing: missing.map(toMissing), problems };
}

/** The reader may know a title that is close to the one that was asked for. */
function toMissing(found: {
  readonly error: ItemReadError;
  readonly wanted: readonly ItemRequest[];
}): MissingItem {
  const guess = /; did you mean .*$/.exec(found.error.message)?.[0] ?? "";
  return { wanted: found.wanted, guess };
}

function toItems(found: ReadonlyMap<string, Item>): Items {
  return (ref) => {
    const item = found.get(keyOf(ref));
    if (item === undefined) throw new Error(`item ${keyOf(ref)} was not requested`);
    return item;
  };
}

function keyOf(ref: ItemRef): string {
  return `vaults/${ref.vault}/items/${ref.item}`;
}

/** Reads again after a failure that may pass. */
export function withRetries<T>(read: () => Promise<T>, options: ReadOptions = {}): Promise<T> {
  return pRetry(read, {
    retries: options.retries ?? 4,
    minTimeout: options.firstDelay ?? 500,
    randomize: true,
    shouldRetry: ({ error }) =>
      error instanceof ItemReadError &&
      (error.failure === "rate limited" || error.failure === "server error"),
  });
}

function findFieldProblems(request: ItemRequest, item: Item): string[] {
  const { ref, wantedBy } = request;
  const nameLabel = request.labels?.username ?? "username";
  const labels = holdLineBreaks(item.labels);
  const at = `${wantedBy}: vault "${ref.vault}", item "${ref.item}"`;
  const missing = request.fields
    .filter((field) => item.revealField(field) === undefined)
    .map(
      (field) =>
        `${at}: no field "${field}" with a value${didYouMean(field, labels) || ";"} it has ${listSome(labels)}\n` +
        `    fix: ${correction(field, labels)}op item edit ${toShellWord(ref.item)} --vault ${toShellWord(ref.vault)} ${assignment(field, request)}`,
    );
  missing.push(
    ...(request.files ?? []).flatMap((file) => findFileProblems(at, file, request, item)),
  );
  const wanted = new Set([
    ...request.fields,
    ...(request.username === undefined ? [] : [nameLabel]),
    ...(request.keyFields?.keys ?? []).map(({ name }) => name),
  ]);
  missing.push(...[...wanted].flatMap((field) => findTwinProblems(at, field, request, item)));
  if (request.isCopied === true && missing.length === 0) {
    missing.push(...[...wanted].flatMap((field) => findCopyProblems(at, field, item)));
  }
  // Without its login nothing can be said of what repeats it.
  if (missing.length === 0) missing.push(...findKeyProblems(at, request, item));
  const username = holdLineBreaks(item.revealField(nameLabel));
  const { otherLogins } = request;
  if (request.username === undefined || username === undefined || username === request.username)
    return missing;
  if (otherLogins?.usernames.includes(username) === true) return missing;
  const edit = `op item edit ${toShellWord(ref.item)} --vault ${toShellWord(ref.vault)} ${toShellWord(`${nameLabel === "username" ? nameLabel : `app.${escapeField(nameLabel)}`}=${request.username}`)}`;
  if (otherLogins === undefined) {
    return [
      ...missing,
      `${at}: its ${nameLabel} is "${username}", but the role is "${request.username}"\n` +
        `    fix: ${edit}, or give the role that name in the stack file`,
    ];
  }
  const names = [request.username, ...otherLogins.usernames].join(", ");
  return [
    ...missing,
    `${at}: its ${nameLabel} is "${username}"; allowed are ${names}\n` +
      `    fix: ${otherLogins.fix}; for a new app: ${edit}`,
  ];
}

/** What is wrong with the fields that are keys of the Secret. */
function findKeyProblems(at: string, { keyFields }: ItemRequest, item: Item): string[] {
  if (keyFields === undefined) return [];
  const { missing, wrong } = findKeyFields(keyFields.keys, item, keyFields.role);
  const found = [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(", ")}`]),
    ...(wrong.length === 0 ? [] : [`with another value than the login gives: ${wrong.join(", ")}`]),
  ];
  if (found.length === 0) return [];
  return [
    `${at}: the 1Password operator copies fields and makes none, so the keys of the Secret must be fields of the item; ${found.join("; ")}\n` +
      `    fix: ${keyFields.fix}`,
  ];
}

/** 1Password's own clients do not agree which of two fields with one label counts. */
function findTwinProblems(at: string, field: string, { ref }: ItemRequest, item: Item): string[] {
  const sections = holdLineBreaks(item.sectionsOf(field));
  if (sections.length < 2) return [];
  const places = sections.map((title) => (title === "" ? "outside of sections" : `in "${title}"`));
  const extra = sections.find((title) => title !== "") ?? "‹section›";
  return [
    `${at}: ${String(sections.length)} fields are called "${field}": ${places.join(", ")}; it is not clear which one counts\n` +
      `    fix: keep one, such as by op item edit ${toShellWord(ref.item)} --vault ${toShellWord(ref.vault)} ${toShellWord(`${escapeField(extra)}.${escapeField(field)}[delete]`)}`,
  ];
}

/** The operator names a key by the label, without the characters that a key may not have. */
function findCopyProblems(at: string, field: string, item: Item): string[] {
  const key = toKeyName(field);
  const labels = holdLineBreaks(item.labelsOfKey(key));
  if (item.revealField(field) === undefined || labels.length === 1) return [];
  const shown = labels.map((label) => JSON.stringify(label)).join(" and ");
  const what =
    labels.length === 0
      ? `its ${field} has another label, so the 1Password operator makes no key "${key}" of it`
      : `the 1Password operator makes one key "${key}" of the fields ${shown}, and the last one counts`;
  const fix =
    labels.length === 0
      ? `label the field "${field}" in 1Password`
      : "remove or relabel the others in 1Password; a key keeps letters, digits, - _ and .";
  return [`${at}: ${what}\n    fix: ${fix}`];
}

/** A fix that comes first where the name of the field is probably a mistake. */
function correction(field: string, labels: readonly string[]): string {
  const closest = findClosest(field, labels);
  return closest === undefined ? "" : `write "${closest}" in the stack file; or `;
}

const itemFailures: ReadonlySet<ItemReadFailure> = new Set([
  "missing item",
  "several items",
  "unknown",
] as const);

/** What fails for one vault, or for 1Password, fails for each of the items there: one cause, one problem. */
function causeOf({ failure }: ItemReadError, [first]: readonly ItemRequest[]): string {
  if (failure === "unauthorized" || first === undefined) return failure;
  return itemFailures.has(failure) ? keyOf(first.ref) : `${failure} ${first.ref.vault}`;
}

function describeFailure(error: ItemReadError, wanted: readonly ItemRequest[]): string {
  const [first] = wanted;
  if (first === undefined) return error.message;
  const { ref } = first;
  const isOfItem = itemFailures.has(error.failure);
  const at = `${whoWants(wanted)}: vault "${ref.vault}"${isOfItem ? `, item "${ref.item}"` : ""}`;
  switch (error.failure) {
    case "missing item":
      return describeMissing(toMissing({ error, wanted }));
    case "missing vault":
      return `${at}: there is no such vault, or the token may not see it (${error.message})\n    fix: correct berth:onepassword.vault, or give the token access; op vault list shows what there is`;
    case "several vaults":
      return `${at}: several vaults have this title\n    fix: op vault list, then name the vault by its id in berth:onepassword.vault`;
    case "several items":
      return `${at}: several items have this title, and the operator would use the oldest\n    fix: op item list --vault ${toShellWord(ref.vault)}, then name the item by its id`;
    case "unauthorized":
      return `${at}: 1Password refused the token (${error.message})\n    fix: export a valid OP_CONNECT_TOKEN (op connect token create ‹name› --server ‹server› --vault ${toShellWord(ref.vault)}) or OP_SERVICE_ACCOUNT_TOKEN with access to the vault`;
    case "rate limited":
      return `${at}: 1Password answered 429 (too many requests), also after several retries\n    fix: wait for the limit to end (op service-account ratelimit), then run again`;
    case "server error":
      return `${at}: 1Password failed, also after several retries (${error.message})\n    fix: read the log of the Connect server, then run again`;
    case "unreachable":
      return `${at}: cannot reach 1Password (${error.message})\n    fix: check the address and the network; curl "$OP_CONNECT_HOST/heartbeat" must answer`;
    case "unknown":
      return `${at}: ${error.message}`;
  }
}
