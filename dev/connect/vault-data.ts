import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { BerthError } from "../../components/errors.ts";

const sectionSchema = z.object({ id: z.string(), label: z.string().optional() });

const fieldSchema = z.object({
  id: z.string().optional(),
  type: z.string().optional(),
  purpose: z.enum(["", "USERNAME", "PASSWORD", "NOTES"]).optional(),
  label: z.string().optional(),
  value: z.string().optional(),
  section: z.object({ id: z.string() }).optional(),
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

export type ItemInput = z.infer<typeof itemInputSchema>;

export type FieldInput = z.infer<typeof fieldSchema>;

export type ItemField = z.infer<typeof itemSchema>["fields"][number];

export type Item = z.infer<typeof itemSchema>;

/** A vault with its items, in memory and in the vault file. */
export type VaultRecord = z.infer<typeof vaultSchema>;

/** An item or vault id in 1Password's form: 26 characters of `[a-z0-9]`. */
export function makeId(): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  return [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join("");
}

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

  /** Reads a vault file. Its content is secret, so an error has nothing of it. */
  static load(file: string): VaultStore {
    try {
      return new VaultStore(fileSchema.parse(JSON.parse(readFileSync(file, "utf8"))).vaults, file);
    } catch {
      throw new BerthError(`${file} is not the vault file of a stand-in`, {
        hint: "npm start -- --down removes the sandbox, and npm start makes another",
      });
    }
  }

  vaults(): readonly VaultRecord[] {
    return [...this.#vaults.values()];
  }

  vault(id: string): VaultRecord | undefined {
    return this.#vaults.get(id);
  }

  items(): readonly Item[] {
    return this.vaults().flatMap(({ items }) => items);
  }

  /** Adds an item, or replaces the one with its id, and saves. */
  putItem(item: Item): void {
    const vault = this.#vaults.get(item.vault.id);
    if (vault === undefined) throw new Error(`no vault ${item.vault.id}`);
    const index = vault.items.findIndex((other) => other.id === item.id);
    if (index === -1) vault.items.push(item);
    else vault.items[index] = item;
    vault.contentVersion += 1;
    vault.updatedAt = new Date().toISOString();
    this.save();
  }

  save(): void {
    if (this.file === undefined) return;
    writePrivately(this.file, `${JSON.stringify({ vaults: this.vaults() }, null, 2)}\n`);
  }
}

/** Writes a file with secrets: completely or not at all, and readable only by its owner. */
export function writePrivately(file: string, content: string): void {
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    writeFileSync(draft, content, { flag: "wx", mode: 0o600, flush: true });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
