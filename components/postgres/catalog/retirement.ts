import type { Client } from "pg";
import { queryFile } from "./query.ts";

/** Reads other sessions in the database (undefined = none), and sessions of the roles in any database. */
export async function inspectSessions(
  client: Client,
  database: string | undefined,
  roles: readonly string[],
): Promise<readonly LiveSession[]> {
  return await queryFile(client, "sql/sessions", [database ?? null, roles]);
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
  return await queryFile(client, "sql/dependents", [roles, database]);
}

/** Reads what keeps a database from being dropped, without sessions. */
export async function inspectBlockers(
  client: Client,
  database: string,
  ownershipRole: string,
): Promise<readonly Blocker[]> {
  return await queryFile(client, "sql/blockers", [database, ownershipRole]);
}

/** Reads what keeps the roles from being dropped. The session must be in the app's database. */
export async function inspectLosses(
  client: Client,
  database: string,
  { roles, ownershipRole }: { readonly roles: readonly string[]; readonly ownershipRole: string },
): Promise<readonly Loss[]> {
  return await queryFile(client, "sql/losses", [roles, database, ownershipRole]);
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

export interface Blocker {
  readonly kind:
    | "subscription"
    | "replication slot"
    | "prepared transaction"
    | "template"
    | "objects";
  /** Of objects their owner. */
  readonly name: string;
  /** Whether that owner is a role of the stack, or a member of one. */
  readonly isOfStack: boolean;
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
  readonly kind: "gave" | "has" | "policy" | "owns" | "member";
  readonly role: string;
  readonly object: string;
  /** The object as SQL, such as `TABLE public.page`; of a membership what follows REVOKE. */
  readonly target: string;
  readonly privileges: readonly string[];
  /** A column of the object in parentheses, as SQL; empty = the whole object. */
  readonly column: string;
  /** Who has the privileges; null = PUBLIC. */
  readonly grantee: string | null;
  /** Who granted them; null = the owner. */
  readonly grantor: string | null;
}
