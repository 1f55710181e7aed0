import { readFileSync } from "node:fs";
import type { Client } from "pg";
import type { ExtensionSpec } from "../../config/spec.ts";
import { toCamelCase } from "./catalog.ts";

const sql = readFileSync(new URL("sql/extensions.sql", import.meta.url), "utf8");

/** A wanted extension: what the server has of it, and what the database has. */
export interface LiveExtension {
  readonly name: string;
  /** Whether its files are on the server. */
  readonly isAvailable: boolean;
  /** Whether the server has files of the wanted version. */
  readonly hasVersion: boolean;
  /** Whether only a superuser may create it. A trusted extension needs CREATE on the database. */
  readonly needsSuperuser: boolean;
  /** Whether it is installed and the admin is not a member of its owner, so the admin cannot update it. */
  readonly belongsToOther: boolean;
  /** The only schema that it can be in; null = any. */
  readonly fixedSchema: string | null;
  /** Extensions that it needs and the database does not have. */
  readonly requires: readonly string[];
  /** null = the database does not have it. */
  readonly installedVersion: string | null;
  readonly installedSchema: string | null;
}

/** Reads the wanted extensions in the session's database, in one query; in none if nothing is wanted. */
export async function inspectExtensions(
  client: Client,
  wanted: readonly ExtensionSpec[],
): Promise<readonly LiveExtension[]> {
  if (wanted.length === 0) return [];
  const { rows } = await client.query<Record<string, unknown>>(sql, [
    wanted.map(({ name }) => name),
    wanted.map(({ version }) => version ?? ""),
  ]);
  return rows.map((row) => toCamelCase(row) as unknown as LiveExtension);
}

/** The extension as it is in a database that does not exist yet. */
export function asNotInstalled(extension: LiveExtension): LiveExtension {
  const nothing = { belongsToOther: false, installedVersion: null, installedSchema: null };
  return { ...extension, ...nothing };
}
