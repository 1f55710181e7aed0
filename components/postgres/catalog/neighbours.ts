import type { Client } from "pg";
import { queryFile } from "./query.ts";

/** What everybody may do, and what must not be on the neighbours. */

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
  const rows = await queryFile<OpenDatabase>(client, "sql/open-databases");
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
  return await queryFile(client, "sql/neighbours", [roles, reserved]);
}
