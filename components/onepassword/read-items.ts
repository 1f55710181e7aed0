import pLimit from "p-limit";
import pRetry from "p-retry";
import { didYouMean, findClosest } from "../closest.ts";
import { toShellWord } from "../command-line.ts";
import { toKeyName } from "../config/keys/name.ts";
import type { ItemRef } from "../config/spec/item.ts";
import { describeProblem, type Problem, toOneError } from "../errors.ts";
import { compareText } from "../sort.ts";
import { holdLineBreaks } from "../terminal-text.ts";
import { findFileProblems } from "./attached-files.ts";
import { type Item, ItemReadError, itemPath, type ReadItem } from "./item.ts";
import {
  assignment,
  editCommand,
  escapeField,
  type ItemRequest,
  listSome,
} from "./item-request.ts";
import { causeOf, describeUnread, type UnreadItem } from "./unread.ts";
import { findKeyFields } from "./write/key-fields.ts";

export type Items = (ref: ItemRef) => Item;

export interface ReadOptions {
  readonly concurrency?: number;
  readonly retries?: number;
  /** Milliseconds before the first retry. The delay doubles for each further one. */
  readonly firstDelay?: number;
}

interface ItemsRead {
  readonly items: Items;
  readonly missing: readonly UnreadItem[];
  /** Everything else that is wrong. */
  readonly problems: readonly Problem[];
}

/** The same as {@link inspectItems}. Throws one error with all that is wrong. */
export async function readItems(
  requests: readonly ItemRequest[],
  readItem: ReadItem,
  options?: ReadOptions,
): Promise<Items> {
  const { items, missing, problems } = await inspectItems(requests, readItem, options);
  refuseItems("1Password", problems, missing);
  return items;
}

/** Throws one error for all problems and all that is missing, each with the command that makes it. */
export function refuseItems(
  title: string,
  problems: readonly Problem[],
  missing: readonly UnreadItem[],
): void {
  const all = [...problems, ...missing.map(describeUnread)].toSorted((a, b) =>
    compareText(describeProblem(a), describeProblem(b)),
  );
  if (all.length > 0) throw toOneError(title, all);
}

/** Reads every item once. Stops when 1Password refuses the token: failed reads count against the account's rate limit. */
export async function inspectItems(
  requests: readonly ItemRequest[],
  readItem: ReadItem,
  options: ReadOptions = {},
): Promise<ItemsRead> {
  const limit = pLimit(options.concurrency ?? 8);
  const byKey = Map.groupBy(requests, (request) => itemPath(request.ref));
  const items = new Map<string, Item>();
  const problems: Problem[] = [];
  const failures: UnreadItem[] = [];
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
  for (const found of Map.groupBy(others, causeOf).values()) {
    const [first] = found;
    if (first === undefined) continue;
    const wanted = found.flatMap((failure) => failure.wanted);
    problems.push(describeUnread({ ...first, wanted }));
  }
  return { items: toItems(items), missing, problems };
}

function toItems(found: ReadonlyMap<string, Item>): Items {
  return (ref) => {
    const item = found.get(itemPath(ref));
    if (item === undefined) throw new Error(`item ${itemPath(ref)} was not requested`);
    return item;
  };
}

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

function findFieldProblems(request: ItemRequest, item: Item): Problem[] {
  const { ref, wantedBy } = request;
  const nameLabel = request.labels?.username ?? "username";
  const labels = holdLineBreaks(item.labels);
  const at = `${wantedBy}: vault "${ref.vault}", item "${ref.item}"`;
  const missing: Problem[] = request.fields
    .filter((field) => item.revealField(field) === undefined)
    .map((field) => ({
      what: `${at}: no field "${field}" with a value${didYouMean(field, labels) || ";"} it has ${listSome(labels)}`,
      fix: `${correction(field, labels)}${editCommand(ref)} ${assignment(field, request)}`,
    }));
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
  const edit = `${editCommand(ref)} ${assignment(nameLabel, request)}`;
  const its = `${at}: its ${nameLabel} is "${username}"`;
  if (otherLogins === undefined) {
    const what = `${its}, but the role is "${request.username}"`;
    return [...missing, { what, fix: `${edit}, or give the role that name in the stack file` }];
  }
  const what = `${its}; allowed are ${[request.username, ...otherLogins.usernames].join(", ")}`;
  return [...missing, { what, fix: `${otherLogins.fix}; for a new app: ${edit}` }];
}

function findKeyProblems(at: string, { keyFields }: ItemRequest, item: Item): Problem[] {
  if (keyFields === undefined) return [];
  const { missing, wrong } = findKeyFields(keyFields.keys, item, keyFields.role);
  const found = [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(", ")}`]),
    ...(wrong.length === 0 ? [] : [`with another value than the login gives: ${wrong.join(", ")}`]),
  ];
  if (found.length === 0) return [];
  const what = `${at}: the 1Password operator copies fields and makes none, so the keys of the Secret must be fields of the item; ${found.join("; ")}`;
  return [{ what, fix: keyFields.fix }];
}

/** 1Password's own clients do not agree which of two fields with one label counts. */
function findTwinProblems(at: string, field: string, { ref }: ItemRequest, item: Item): Problem[] {
  const sections = holdLineBreaks(item.sectionsOf(field));
  if (sections.length < 2) return [];
  const places = sections.map((title) => (title === "" ? "outside of sections" : `in "${title}"`));
  const extra = sections.find((title) => title !== "") ?? "‹section›";
  const what = `${at}: ${String(sections.length)} fields are called "${field}": ${places.join(", ")}; it is not clear which one counts`;
  const extraField = toShellWord(`${escapeField(extra)}.${escapeField(field)}[delete]`);
  return [{ what, fix: `keep one, such as by ${editCommand(ref)} ${extraField}` }];
}

/** The operator names a key by the label, without the characters that a key may not have. */
function findCopyProblems(at: string, field: string, item: Item): Problem[] {
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
  return [{ what: `${at}: ${what}`, fix }];
}

/** A fix that comes first where the name of the field is probably a mistake. */
function correction(field: string, labels: readonly string[]): string {
  const closest = findClosest(field, labels);
  return closest === undefined ? "" : `write "${closest}" in the stack file; or `;
}
