import { readFileSync } from "node:fs";
import type { Client } from "pg";

const sessionsSql = readFileSync(new URL("sql/sessions.sql", import.meta.url), "utf8");
const blockersSql = readFileSync(new URL("sql/blockers.sql", import.meta.url), "utf8");
const dependentsSql = readFileSync(new URL("sql/dependents.sql", import.meta.url), "utf8");
const lossesSql = readFileSync(new URL("sql/losses.sql", import.meta.url), "utf8");

/** Reads other sessions in the database (undefined = none), and sessions of the roles in any database. */
export async function inspectSessions(
  client: Client,
  database: string | undefined,
  roles: readonly string[],
): Promise<readonly LiveSession[]> {
  const { rows } = await client.query<LiveSession>(sessionsSql, [database ?? null, roles]);
  return rows;
}

/**
 * Reads how many client sessions a database has ever had. Sessions that ended are counted. A session that
 * just started may not be, and before Postgres 15 the number may be half a second old.
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

/** Reads what the roles own, have privileges on or granted outside the app's database. */
export async function inspectDependents(
  client: Client,
  database: string,
  roles: readonly string[],
): Promise<readonly Dependent[]> {
  const { rows } = await client.query<Dependent>(dependentsSql, [roles, database]);
  return rows;
}

/** Reads what keeps a database from being dropped, without sessions. */
export async function inspectBlockers(
  client: Client,
  database: string,
): Promise<readonly Blocker[]> {
  const { rows } = await client.query<Blocker>(blockersSql, [database]);
  return rows;
}

/** Reads what keeps the roles from being dropped. The session must be in the app's database. */
export async function inspectLosses(
  client: Client,
  database: string,
  roles: readonly string[],
): Promise<readonly Loss[]> {
  const { rows } = await client.query<Loss>(lossesSql, [roles, database]);
  return rows;
}

/** A session that prevents a drop. A text is empty if the admin may not see it. */
export interface LiveSession {
  readonly pid: number;
  readonly role: string;
  readonly database: string;
  readonly application: string;
  readonly client: string;
  readonly since: string;
}

/** What keeps a database from being dropped. */
export interface Blocker {
  readonly kind: "subscription" | "replication slot" | "prepared transaction" | "template";
  readonly name: string;
}

/** What depends on a role outside the app's database. */
export interface Dependent {
  readonly role: string;
  /** null = the object is not in a database. */
  readonly database: string | null;
  /** null = an object in another database, whose name cannot be read from here. */
  readonly object: string | null;
  /** `granted`: a membership of another role. It ends when the role is dropped. */
  readonly tie: "owns" | "has privileges on" | "granted";
  /** The object as SQL, such as `DATABASE wiki`; with `granted` the statement that revokes it. */
  readonly target: string | null;
  readonly count: number;
}

/** What keeps a role from being dropped in the app's database. */
export interface Loss {
  /** See `losses.sql`. */
  readonly kind: "gave" | "has" | "policy" | "owns";
  readonly role: string;
  readonly object: string;
  /** The object as SQL, such as `TABLE public.page`. */
  readonly target: string;
  readonly privileges: readonly string[];
  /** A column of the object in parentheses, as SQL; empty = the whole object. */
  readonly column: string;
  /** Who has the privileges; null = PUBLIC. */
  readonly grantee: string | null;
  /** Who granted them; null = the owner. */
  readonly grantor: string | null;
}
