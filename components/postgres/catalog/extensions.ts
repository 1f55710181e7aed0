import { readFileSync } from "node:fs";
import type { Client } from "pg";
import type { ExtensionSpec } from "../../config/spec.ts";
import { toCamelCase } from "./catalog.ts";

const sql = readFileSync(new URL("sql/extensions.sql", import.meta.url), "utf8");

/** An extension that an app asks for: what the server could make, and what the database has. */
export interface LiveExtension {
  readonly name: string;
  /** Whether its files are on the server. */
  readonly isAvailable: boolean;
  /** Whether they are there in the version that is asked for. */
  readonly hasVersion: boolean;
  /** Whether only a superuser may make it; a trusted one needs CREATE on the database. */
  readonly needsSuperuser: boolean;
  /** Whether it is there and the admin role has no part in its owner, who alone may update it. */
  readonly belongsToOther: boolean;
  /** The only schema that it can be in; null = any. */
  readonly fixedSchema: string | null;
  /** Extensions that it needs and that this database does not have. */
  readonly requires: readonly string[];
  /** null = the database does not have it. */
  readonly installedVersion: string | null;
  readonly installedSchema: string | null;
}

/** What there is of `wanted` in the session's database. One query, none if nothing is wanted. */
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

/** The same for a database that is yet to be made, asked for in another one. */
export function asNotInstalled(extension: LiveExtension): LiveExtension {
  const nothing = { belongsToOther: false, installedVersion: null, installedSchema: null };
  return { ...extension, ...nothing };
}
