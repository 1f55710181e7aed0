import { randomInt } from "node:crypto";
import {
  type GeneratorRecipe,
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

/** One operation of a PATCH body. */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  readonly value?: unknown;
}

type JsonObject = Record<string, unknown>;

const CHARACTER_SETS = {
  LETTERS: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
  DIGITS: "0123456789",
  SYMBOLS: "!@.-_*",
} as const;

const EDITABLE = new Set(["title", "category", "urls", "favorite", "tags", "sections", "fields"]);

/**
 * Makes a random value by a recipe. The sample vault's passwords are made with it, too. They have
 * 1Password's own symbols, so quoting is tested with characters that people really have.
 */
export function generateValue(recipe: GeneratorRecipe = {}): string {
  // The JavaScript SDK sends an empty list if its caller named no set.
  const named = recipe.characterSets ?? [];
  const sets = named.length > 0 ? named : (["LETTERS", "DIGITS", "SYMBOLS"] as const);
  const excluded = recipe.excludeCharacters ?? "";
  const alphabet = Array.from(sets.map((set) => CHARACTER_SETS[set]).join("")).filter(
    (character) => !excluded.includes(character),
  );
  if (alphabet.length === 0) throw new ConnectError(400, "recipe leaves no characters");
  return Array.from(
    { length: recipe.length ?? 32 },
    () => alphabet[randomInt(alphabet.length)],
  ).join("");
}

/** POST: a new item with its own id, version 1 and generated fields. */
export function createItem(input: unknown, vaultId: string): Item {
  const parsed = parseInput(input, vaultId);
  const now = new Date().toISOString();
  return buildItem(parsed, { id: makeId(), vaultId, version: 1, createdAt: now, updatedAt: now });
}

/** PUT: replaces the whole item. It keeps its id, creation time and files, and gets the next version. */
export function replaceItem(current: Item, input: unknown): Item {
  const parsed = parseInput(input, current.vault.id);
  const item = buildItem(parsed, {
    id: current.id,
    vaultId: current.vault.id,
    version: current.version + 1,
    createdAt: current.createdAt,
    updatedAt: new Date().toISOString(),
  });
  return current.files === undefined ? item : { ...item, files: current.files };
}

/**
 * PATCH: the subset of RFC 6902 that Connect supports. Fields are addressed by id, not by index
 * (`/fields/<id>/value`). All operations apply, or none.
 */
export function patchItem(current: Item, operations: unknown): Item {
  if (!Array.isArray(operations)) throw new ConnectError(400, "expected a list of operations");
  let draft: JsonObject = { ...structuredClone(current) };
  for (const operation of operations) draft = applyOperation(draft, parseOperation(operation));
  return replaceItem(current, draft);
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

interface ItemIdentity {
  readonly id: string;
  readonly vaultId: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

function buildItem(input: ItemInput, identity: ItemIdentity): Item {
  return {
    id: identity.id,
    title: input.title ?? "",
    vault: { id: identity.vaultId },
    category: input.category,
    ...(input.urls ? { urls: input.urls } : {}),
    ...(input.favorite ? { favorite: true } : {}),
    ...(input.tags ? { tags: input.tags } : {}),
    version: identity.version,
    createdAt: identity.createdAt,
    updatedAt: identity.updatedAt,
    lastEditedBy: "STANDIN",
    sections: input.sections ?? [],
    fields: (input.fields ?? []).map(buildField),
  };
}

function buildField(input: NonNullable<ItemInput["fields"]>[number]): ItemField {
  const { generate, recipe, ...field } = input;
  const complete: ItemField = { ...field, id: field.id || makeId(), type: field.type ?? "STRING" };
  if (generate !== true || complete.value) return complete;
  return { ...complete, value: generateValue(recipe) };
}

function parseOperation(operation: unknown): PatchOperation {
  if (typeof operation !== "object" || operation === null)
    throw new ConnectError(400, "Invalid operation");
  const { op, path, value } = operation as Record<string, unknown>;
  if (op !== "add" && op !== "remove" && op !== "replace") {
    throw new ConnectError(400, "Invalid operation: only add, remove and replace are supported");
  }
  if (typeof path !== "string" || !path.startsWith("/"))
    throw new ConnectError(400, "Invalid path");
  return { op, path, value };
}

function applyOperation(draft: JsonObject, operation: PatchOperation): JsonObject {
  const parts = operation.path
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const [attribute = "", key, ...rest] = parts;
  if (attribute === "") {
    if (operation.op === "remove" || !isObject(operation.value)) throw invalidPath(operation);
    return operation.value;
  }
  if (!EDITABLE.has(attribute)) throw invalidPath(operation);
  if (key === undefined) return setAttribute(draft, attribute, operation);
  const list = [...(Array.isArray(draft[attribute]) ? (draft[attribute] as unknown[]) : [])];
  const isKeyed = attribute === "fields" || attribute === "sections";
  const index = isKeyed
    ? list.findIndex((entry) => isObject(entry) && entry["id"] === key)
    : toIndex(key, list.length);
  return { ...draft, [attribute]: editList(list, index, rest, operation) };
}

function setAttribute(draft: JsonObject, attribute: string, operation: PatchOperation): JsonObject {
  if (operation.op === "remove") {
    return Object.fromEntries(Object.entries(draft).filter(([name]) => name !== attribute));
  }
  const current = draft[attribute];
  if (operation.op === "add" && Array.isArray(current) && !Array.isArray(operation.value)) {
    return { ...draft, [attribute]: [...(current as unknown[]), operation.value] };
  }
  return { ...draft, [attribute]: operation.value };
}

function editList(
  list: unknown[],
  index: number,
  rest: readonly string[],
  operation: PatchOperation,
): readonly unknown[] {
  const [attribute, ...deeper] = rest;
  if (attribute !== undefined) {
    const entry = list[index];
    if (deeper.length > 0 || !isObject(entry)) throw invalidPath(operation);
    list[index] = setAttribute(entry, attribute, operation);
    return list;
  }
  const isPresent = index >= 0 && index < list.length;
  if (operation.op === "add" && !isPresent) return [...list, operation.value];
  if (!isPresent) throw invalidPath(operation);
  if (operation.op === "remove") list.splice(index, 1);
  else if (operation.op === "add" && !isObject(list[index])) list.splice(index, 0, operation.value);
  else list[index] = operation.value;
  return list;
}

function toIndex(key: string, length: number): number {
  if (key === "-") return length;
  return /^\d+$/.test(key) ? Number(key) : -1;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalidPath(operation: PatchOperation): ConnectError {
  return new ConnectError(400, `Invalid operation: ${operation.op} ${operation.path}`);
}
