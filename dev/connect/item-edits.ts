import { randomInt } from "node:crypto";
import {
  type FieldInput,
  type Item,
  type ItemField,
  type ItemInput,
  itemInputSchema,
  makeId,
} from "./vault-data.ts";

/** A request that the stand-in refuses. The answer is `{status, message}`, as from the real server. */
export class ConnectError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ConnectError";
    this.status = status;
  }
}

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@.-_*";

/** A random value. It has 1Password's own symbols, so quoting is tested with characters that people really have. */
export function generateValue(length = 32): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** POST: a new item with its own id and version 1. */
export function createItem(input: unknown, vaultId: string): Item {
  const now = new Date().toISOString();
  const own = { id: makeId(), vault: { id: vaultId }, version: 1, createdAt: now, updatedAt: now };
  return { ...toContent(input, vaultId), ...own };
}

/** PUT: replaces the whole item. It keeps its id, creation time and files, and gets the next version. */
export function replaceItem(current: Item, input: unknown): Item {
  const { id, vault, version, createdAt, files } = current;
  const kept = { id, vault, createdAt, ...(files && { files }) };
  const updatedAt = new Date().toISOString();
  return { ...toContent(input, vault.id), ...kept, version: version + 1, updatedAt };
}

function parseInput(input: unknown, vaultId: string): ItemInput {
  const parsed = itemInputSchema.safeParse(input);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => issue.path.join(".") || "body");
    throw new ConnectError(400, `Invalid item: ${places.join(", ")}`);
  }
  if (parsed.data.vault !== undefined && parsed.data.vault.id !== vaultId) {
    throw new ConnectError(400, "Invalid item: vault.id differs from the vault in the path");
  }
  const sections = new Set((parsed.data.sections ?? []).map((section) => section.id));
  for (const field of parsed.data.fields ?? []) {
    if (field.section !== undefined && !sections.has(field.section.id)) {
      throw new ConnectError(
        400,
        "Invalid item: a field names a section that the item does not have",
      );
    }
  }
  if (parsed.data.category === "DOCUMENT") {
    throw new ConnectError(400, "Document items cannot be created or changed with Connect");
  }
  return parsed.data;
}

/** What a client decides of an item. */
function toContent(input: unknown, vaultId: string) {
  const { title = "", category, urls, favorite, tags, ...more } = parseInput(input, vaultId);
  return {
    title,
    category,
    ...(urls ? { urls } : {}),
    ...(favorite ? { favorite: true } : {}),
    ...(tags ? { tags } : {}),
    lastEditedBy: "STANDIN",
    sections: more.sections ?? [],
    fields: (more.fields ?? []).map(buildField),
  };
}

function buildField(field: FieldInput): ItemField {
  return { ...field, id: field.id || makeId(), type: field.type ?? "STRING" };
}
