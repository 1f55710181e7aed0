import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { z } from "zod";
import { BerthError } from "../../components/errors.ts";

const sectionSchema = z.object({ id: z.string(), label: z.string().optional() });

const recipeSchema = z.object({
  length: z.number().int().min(1).max(64).optional(),
  characterSets: z.array(z.enum(["LETTERS", "DIGITS", "SYMBOLS"])).optional(),
  excludeCharacters: z.string().optional(),
});

const fieldSchema = z.object({
  id: z.string().optional(),
  type: z.string().optional(),
  purpose: z.enum(["", "USERNAME", "PASSWORD", "NOTES"]).optional(),
  label: z.string().optional(),
  value: z.string().optional(),
  section: z.object({ id: z.string() }).optional(),
  generate: z.boolean().optional(),
  recipe: recipeSchema.optional(),
  entropy: z.number().optional(),
  totp: z.string().optional(),
});

const urlSchema = z.object({
  label: z.string().optional(),
  primary: z.boolean().optional(),
  href: z.string(),
});

/**
 * What a client may send for an item. Unknown keys and keys of the server (`id`, `version`, dates) are
 * ignored, as by the real server. Some clients send `null` for an absent key.
 */
export const itemInputSchema = z.object({
  title: z.string().optional(),
  vault: z.object({ id: z.string() }).optional(),
  category: z.string().min(1),
  urls: z.array(urlSchema).nullish(),
  favorite: z.boolean().nullish(),
  tags: z.array(z.string()).nullish(),
  sections: z.array(sectionSchema).nullish(),
  fields: z.array(fieldSchema).nullish(),
});

const itemSchema = z.object({
  id: z.string().regex(/^[a-z0-9]{26}$/),
  title: z.string(),
  vault: z.object({ id: z.string() }),
  category: z.string(),
  urls: z.array(urlSchema).optional(),
  favorite: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
  version: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  lastEditedBy: z.string().optional(),
  sections: z.array(sectionSchema),
  fields: z.array(fieldSchema.extend({ id: z.string(), type: z.string() })),
  /** Attached files, with their content in base64. Connect reads them, and cannot attach or change one. */
  files: z
    .array(z.object({ id: z.string(), name: z.string(), size: z.number(), content: z.string() }))
    .optional(),
});

const vaultSchema = z.object({
  id: z.string().regex(/^[a-z0-9]{26}$/),
  name: z.string(),
  description: z.string().optional(),
  contentVersion: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  items: z.array(itemSchema),
});

const fileSchema = z.object({ vaults: z.array(vaultSchema) });

/** An item as a client sends it: POST, PUT, or the result of a PATCH. */
export type ItemInput = z.infer<typeof itemInputSchema>;

/** How a value is generated. The limits are those of the real server. */
export type GeneratorRecipe = z.infer<typeof recipeSchema>;

/** A field of a stored item, with an id and a type. */
export type ItemField = z.infer<typeof itemSchema>["fields"][number];

/** A stored item, as in the answer to GET. */
export type Item = z.infer<typeof itemSchema>;

/** A vault with its items, in memory and in the vault file. */
export type VaultRecord = z.infer<typeof vaultSchema>;

/** An item or vault id in 1Password's form: 26 characters of `[a-z0-9]`. */
export function makeId(): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  return [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join("");
}

/** An empty vault. */
export function makeVault(name: string, description: string): VaultRecord {
  const now = new Date().toISOString();
  const common = { contentVersion: 0, createdAt: now, updatedAt: now, items: [] };
  return { id: makeId(), name, description, ...common };
}

/**
 * The vaults of the stand-in. Without a file they are only in memory. With a file, every change is on disk
 * before the call returns, with mode 0600. A killed stand-in leaves the old file or the new one, never a
 * part.
 */
export class VaultStore {
  readonly file: string | undefined;
  readonly #vaults: Map<string, VaultRecord>;

  constructor(vaults: readonly VaultRecord[], file?: string) {
    this.#vaults = new Map(vaults.map((vault) => [vault.id, structuredClone(vault)]));
    this.file = file;
  }

  /** Reads a vault file. Its content is secret, so an error has key paths, never values. */
  static load(file: string): VaultStore {
    let content: unknown;
    try {
      content = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      const reason = isMissing(error) ? "it does not exist" : "it cannot be read as JSON";
      throw new BerthError(`vault file ${file}: ${reason}`, {
        hint: "give the path of a vault file, or --create to make one with the sample vault",
      });
    }
    const parsed = fileSchema.safeParse(content);
    if (!parsed.success) {
      const places = parsed.error.issues.map((issue) => issue.path.join("."));
      throw new BerthError(`vault file ${file}: not a vault file, see ${places.join(", ")}`, {
        hint: "move it away and use --create to make a new one",
      });
    }
    return new VaultStore(parsed.data.vaults, file);
  }

  /** All vaults, in the order in which they were added. */
  vaults(): readonly VaultRecord[] {
    return [...this.#vaults.values()];
  }

  /** One vault by id, or undefined. */
  vault(id: string): VaultRecord | undefined {
    return this.#vaults.get(id);
  }

  /** One item by vault id and item id, or undefined. */
  item(vaultId: string, itemId: string): Item | undefined {
    return this.#vaults.get(vaultId)?.items.find((item) => item.id === itemId);
  }

  /** Adds an item, or replaces the one with its id, and saves. */
  putItem(item: Item): void {
    this.#change(item.vault.id, (items) => {
      const index = items.findIndex((other) => other.id === item.id);
      if (index === -1) items.push(item);
      else items[index] = item;
    });
  }

  /** Removes an item and saves. An unknown id changes nothing. */
  removeItem(vaultId: string, itemId: string): void {
    this.#change(vaultId, (items) => {
      const index = items.findIndex((other) => other.id === itemId);
      if (index !== -1) items.splice(index, 1);
    });
  }

  /** Writes the vault file, if there is one. */
  save(): void {
    if (this.file === undefined) return;
    writePrivately(this.file, `${JSON.stringify({ vaults: this.vaults() }, null, 2)}\n`);
  }

  #change(vaultId: string, edit: (items: Item[]) => void): void {
    const vault = this.#vaults.get(vaultId);
    if (vault === undefined) throw new Error(`no vault ${vaultId}`);
    edit(vault.items);
    vault.contentVersion += 1;
    vault.updatedAt = new Date().toISOString();
    this.save();
  }
}

/** Writes a file with secrets: completely or not at all, and readable only by its owner. */
export function writePrivately(file: string, content: string): void {
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const descriptor = openSync(draft, "wx", 0o600);
    try {
      writeSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
