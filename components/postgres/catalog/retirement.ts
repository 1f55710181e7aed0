import { readFileSync } from "node:fs";
import type { Client } from "pg";

/** Reading what stands in the way of dropping a database or a role. */

const sessionsSql = readFileSync(new URL("sql/sessions.sql", import.meta.url), "utf8");
const dependentsSql = readFileSync(new URL("sql/dependents.sql", import.meta.url), "utf8");
const lossesSql = readFileSync(new URL("sql/losses.sql", import.meta.url), "utf8");

/** Sessions of others in the database (undefined = of no database), and of the roles anywhere. */
export async function inspectSessions(
  client: Client,
  database: string | undefined,
  roles: readonly string[],
): Promise<readonly LiveSession[]> {
  const { rows } = await client.query<LiveSession>(sessionsSql, [database ?? null, roles]);
  return rows;
}

/**
 * How many sessions a database has ever had, of clients alone. One that has ended is
 * counted; one that has begun may not be yet, and before 15 the number is up to half a second old.
 *
 * @see https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-VIEW
 */
export async function countSessions(client: Client, database: string): Promise<number> {
  const { rows } = await client.query<{ sessions: number }>(
    "select s.sessions::float8 as sessions from pg_catalog.pg_stat_database s where s.datname = $1",
    [database],
  );
  return rows[0]?.sessions ?? 0;
}

/** What outside of the app's database belongs to the roles, or was given to them or by them. */
export async function inspectDependents(
  client: Client,
  database: string,
  roles: readonly string[],
): Promise<readonly Dependent[]> {
  const { rows } = await client.query<Dependent>(dependentsSql, [roles, database]);
  return rows;
}

/** What others would lose with the roles; only a session in the app's database can tell. */
export async function inspectLosses(
  client: Client,
  database: string,
  roles: readonly string[],
): Promise<readonly Loss[]> {
  const { rows } = await client.query<Loss>(lossesSql, [roles, database]);
  return rows;
}

/** A session that stands in the way. Text is empty where the admin may not see it. */
export interface LiveSession {
  readonly pid: number;
  readonly role: string;
  readonly database: string;
  readonly application: string;
  readonly client: string;
  readonly since: string;
}

/** What depends on a role outside of the app's database. */
export interface Dependent {
  readonly role: string;
  /** null = shared by all databases, and named in `object`. */
  readonly database: string | null;
  /** null = known only to be in `database`. */
  readonly object: string | null;
  /** `granted`: others' membership, which holds only as long as the role is there. */
  readonly tie: "owns" | "has privileges on" | "granted";
  readonly count: number;
}

/** What others would lose in the app's database together with a role that is dropped there. */
export interface Loss {
  readonly role: string;
  readonly object: string;
  /** Who would lose privileges on it, which the role gave; null = it is a policy that names the role. */
  readonly loser: string | null;
  readonly privileges: string;
}
