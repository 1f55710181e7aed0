import { inspect } from "node:util";
import type { ItemRef } from "../config/spec.ts";

/** A 1Password item as a reader found it. Field values are secret, so printing shows labels only. */
export class Item {
  readonly vaultId: string;
  readonly itemId: string;
  readonly #fields: ReadonlyMap<string, string>;

  constructor(vaultId: string, itemId: string, fields: ReadonlyMap<string, string>) {
    this.vaultId = vaultId;
    this.itemId = itemId;
    this.#fields = fields;
  }

  /** Labels of the fields that have a value; an empty field is as good as none to the operator. */
  get labels(): readonly string[] {
    return [...this.#fields].filter(([, value]) => value !== "").map(([label]) => label);
  }

  /** A field's value in clear; undefined = the item has no such field, or it is empty. */
  revealField(label: string): string | undefined {
    const value = this.#fields.get(label);
    return value === "" ? undefined : value;
  }

  toJSON(): { vaultId: string; itemId: string; labels: readonly string[] } {
    return { vaultId: this.vaultId, itemId: this.itemId, labels: this.labels };
  }

  [inspect.custom](): string {
    return `Item(${this.itemId}: ${this.labels.join(", ")})`;
  }
}

/** One way into 1Password. Throws `ItemReadError`. */
export type ReadItem = (ref: ItemRef) => Promise<Item>;

/** Why an item could not be read: what a reader can tell without quoting anything secret. */
export type ItemReadFailure =
  | "missing vault"
  | "missing item"
  | "several items"
  | "unauthorized"
  | "rate limited"
  | "server error"
  | "unreachable"
  | "unknown";

/** Failure of one read. `detail` is 1Password's own text. */
export class ItemReadError extends Error {
  readonly failure: ItemReadFailure;

  constructor(failure: ItemReadFailure, detail: string) {
    super(detail);
    this.name = "ItemReadError";
    this.failure = failure;
  }
}

/** Reads what went wrong from the text that 1Password's clients give, the same in each of them. */
export function toItemReadError(text: string): ItemReadError {
  const detail = text.replaceAll(/\s+/g, " ").trim();
  const status = /status:? (\d{3})/i.exec(detail)?.[1];
  return new ItemReadError(failureOf(detail, status), detail);
}

function failureOf(detail: string, status: string | undefined): ItemReadFailure {
  if (status === "401" || status === "403") return "unauthorized";
  if (status === "429") return "rate limited";
  if (status?.startsWith("5")) return "server error";
  if (/no vaults? found|multiple vaults|found \d+ vaults?|vault \S+ not found/i.test(detail))
    return "missing vault";
  const found = /found (\d+) item/i.exec(detail)?.[1];
  if (found !== undefined) return found === "0" ? "missing item" : "several items";
  if (status === "404") return "missing item";
  if (
    /connection refused|ECONNREFUSED|no such host|ENOTFOUND|timeout|ETIMEDOUT|deadline/i.test(
      detail,
    )
  ) {
    return "unreachable";
  }
  return "unknown";
}
