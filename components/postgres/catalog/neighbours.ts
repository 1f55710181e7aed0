import { readFileSync } from "node:fs";
import type { Client } from "pg";

/** What everybody may do, and what must not be on the neighbours. */

const sql = (name: string): string =>
  readFileSync(new URL(`sql/${name}.sql`, import.meta.url), "utf8");

/** A database with privileges for PUBLIC. */
export interface OpenDatabase {
  readonly name: string;
  readonly owner: string;
  /** Privileges of PUBLIC. */
  readonly privileges: readonly string[];
}

/** Reads the databases with privileges for PUBLIC, by name. */
export async function inspectOpenDatabases(
  client: Client,
): Promise<ReadonlyMap<string, OpenDatabase>> {
  const { rows } = await client.query<OpenDatabase>(sql("open-databases"));
  return new Map(rows.map((row) => [row.name, row]));
}

/** A privilege or membership that must not be, and the statement that revokes it. */
export interface Trace {
  readonly what: string;
  readonly statement: string;
}

/** Reads privileges and memberships between `roles` and the reserved names. There must be none. */
export async function inspectTraces(
  client: Client,
  roles: readonly string[],
  reserved: readonly string[],
): Promise<readonly Trace[]> {
  return (await client.query<Trace>(sql("neighbours"), [roles, reserved])).rows;
}
