import { inspect } from "node:util";
import { toKeyName } from "../config/keys/name.ts";
import type { ItemRef } from "../config/spec/item.ts";

/** A field of an item, with the title of its section; "" = it is in none. */
export interface ItemField {
  readonly label: string;
  readonly value: string;
  readonly section: string;
  /** The label in 1Password, where `label` is the field's purpose. */
  readonly shownAs?: string;
}

interface ItemDetails {
  readonly files?: readonly string[];
  readonly version?: number | undefined;
}

/** A 1Password item. Its field values are secret, so printing shows only their labels. */
export class Item {
  readonly vaultId: string;
  readonly itemId: string;
  readonly #fields: ReadonlyMap<string, readonly ItemField[]>;
  readonly #copies: ReadonlyMap<string, readonly string[]>;
  /** Names of the attached files; a name may occur more than once. */
  readonly files: readonly string[];
  /** Counts the item's changes; undefined = what read it does not say. */
  readonly version: number | undefined;

  /** @param fields All that the item has; a label may occur more than once. */
  constructor(
    vaultId: string,
    itemId: string,
    fields: Iterable<ItemField>,
    { files = [], version }: ItemDetails = {},
  ) {
    this.vaultId = vaultId;
    this.itemId = itemId;
    this.files = files;
    this.version = version;
    this.#fields = Map.groupBy(
      [...fields].filter(({ value }) => value !== ""),
      ({ label }) => label,
    );
    const shown = [...this.#fields.values()].flat().map(({ label, shownAs = label }) => shownAs);
    this.#copies = Map.groupBy(new Set(shown), toKeyName);
  }

  /** Labels of the fields that have a value. The 1Password operator ignores empty fields. */
  get labels(): readonly string[] {
    return [...this.#fields.keys()];
  }

  /** A field's value in clear; undefined = there is no such field, or it is empty. */
  revealField(label: string): string | undefined {
    return this.#fields.get(label)?.[0]?.value;
  }

  /** The sections that hold a field of this label; "" = outside of all. More than one: it is not clear which is meant. */
  sectionsOf(label: string): readonly string[] {
    return (this.#fields.get(label) ?? []).map(({ section }) => section);
  }

  /** Labels of the fields that the 1Password operator copies to one key of a Secret. Of several the last one counts. */
  labelsOfKey(key: string): readonly string[] {
    return this.#copies.get(key) ?? [];
  }

  toJSON(): { vaultId: string; itemId: string; labels: readonly string[] } {
    return { vaultId: this.vaultId, itemId: this.itemId, labels: this.labels };
  }

  [inspect.custom](): string {
    return `Item(${this.itemId}: ${this.labels.join(", ")})`;
  }
}

export function itemPath({ vault, item }: ItemRef): string {
  return `vaults/${vault}/items/${item}`;
}

/** Reads one item. Throws `ItemReadError`. */
export type ReadItem = (ref: ItemRef) => Promise<Item>;

export type ItemReadFailure =
  | "missing vault"
  | "several vaults"
  | "missing item"
  | "several items"
  | "unauthorized"
  | "rate limited"
  | "server error"
  | "unreachable"
  | "unknown";

/** Failure of one read. The message is 1Password's own text, with the guess. */
export class ItemReadError extends Error {
  readonly failure: ItemReadFailure;
  /** `; did you mean …`, or nothing. */
  readonly guess: string;

  constructor(failure: ItemReadFailure, detail: string, guess = "") {
    super(`${detail}${guess}`);
    this.name = "ItemReadError";
    this.failure = failure;
    this.guess = guess;
  }
}

/** What Pulumi and the provider put before 1Password's own text. */
const preamble = /^.*Unable to read item, got error: /;

/** Finds the failure in the error text of any of 1Password's clients. */
export function toItemReadError(message: string): ItemReadError {
  const detail = message.replaceAll(/\s+/g, " ").trim().replace(preamble, "");
  // Quoted titles are ignored: a title may read like an error.
  const text = detail.replaceAll(/"[^"]*"/g, '""');
  const failure = signs.find(([, sign]) => sign.test(text))?.[0] ?? "unknown";
  return new ItemReadError(failure, detail);
}

/** The first match decides; `status 404` alone may be about a vault or an item. */
const signs: readonly (readonly [ItemReadFailure, RegExp])[] = [
  ["missing vault", /no vaults? found|found 0 vaults?|vault \S+ not found|isn't a vault/i],
  ["several vaults", /multiple vaults|found \d+ vaults?|more than one vault/i],
  ["missing item", /no items? found|found 0 items?|isn't an item/i],
  ["several items", /multiple items|found \d+ items?|more than one item/i],
  ["unauthorized", /status:? 40[13]|\(40[13]\)|not currently signed in|unauthorized/i],
  ["rate limited", /status:? 429|\(429\)|too many requests/i],
  ["server error", /status:? 5\d\d|\(5\d\d\)/i],
  ["missing item", /status:? 404|\(404\)/i],
  [
    "unreachable",
    /connection refused|ECONNREFUSED|no such host|ENOTFOUND|EAI_AGAIN|timeout|ETIMEDOUT|ECONNABORTED|deadline/i,
  ],
  // The server closed the connection in the middle of an answer.
  ["server error", /\bEOF$|connection reset|ECONNRESET|socket hang up|end of JSON input/i],
];
