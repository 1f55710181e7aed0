import { readFileSync } from "node:fs";
import type { Client } from "pg";
import type { Dependent, LiveSession } from "./retirement.ts";

/** Reading what stands in the way of dropping a database or a role. */

const sessionsSql = readFileSync(new URL("sql/sessions.sql", import.meta.url), "utf8");
const dependentsSql = readFileSync(new URL("sql/dependents.sql", import.meta.url), "utf8");

/** Sessions of others in the database (undefined = of no database), and of the roles anywhere. */
export async function inspectSessions(
  client: Client,
  database: string | undefined,
  roles: readonly string[],
): Promise<readonly LiveSession[]> {
  const { rows } = await client.query<LiveSession>(sessionsSql, [database ?? null, roles]);
  return rows;
}

/** What outside of the app's database belongs to the roles, or was given to them. */
export async function inspectDependents(
  client: Client,
  database: string,
  roles: readonly string[],
): Promise<readonly Dependent[]> {
  const { rows } = await client.query<{
    role: string;
    database: string | null;
    object: string | null;
    is_owner: boolean;
    count: number;
  }>(dependentsSql, [roles, database]);
  return rows.map(({ is_owner: isOwner, ...row }) => ({ ...row, isOwner }));
}
