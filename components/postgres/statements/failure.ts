import { DatabaseError, escapeIdentifier } from "pg";
import { BerthError } from "../../errors.ts";

/** What was being done when a statement failed. */
export interface StatementContext {
  readonly app: string;
  /** In the app's terms, from `describeAction`. */
  readonly intent: string;
  /** The statement as people may see it: verifiers hidden. */
  readonly statement: string;
  readonly admin: string;
  /** Of the server: before 16 a membership has no options. */
  readonly versionNumber: number;
  /** Role that the admin must have a part in for it. */
  readonly role: string;
}

/**
 * Why a statement failed: the app, what it was for, the cause that the SQLSTATE stands for, and what to
 * do. Of the server's own error only message and detail are used, which quote no statement.
 */
export function explainStatementFailure(error: unknown, context: StatementContext): BerthError {
  if (error instanceof BerthError) return error;
  const at = `app ${context.app}: ${context.intent}: not done`;
  if (!(error instanceof DatabaseError)) {
    const text = error instanceof Error ? error.message : String(error);
    return new BerthError(`${at}: the connection broke (${text})`, {
      hint: "run pulumi up again: what was done is found and kept",
    });
  }
  const { code = "", message, detail } = error;
  const hint = hintFor(code, message, context);
  return new BerthError(
    `${at}: ${message}${detail === undefined ? "" : ` (${detail})`} (SQLSTATE ${code})\n  statement: ${context.statement}`,
    { cause: error, ...(hint === undefined ? {} : { hint }) },
  );
}

/** Settings that end a session, by the SQLSTATE of its end; the owner of a database may set them for it. */
export const timeouts: ReadonlyMap<string, string> = new Map([
  ["57P05", "idle_session_timeout"],
  ["25P04", "transaction_timeout"],
]);

/**
 * A session that ended between two statements, in a look at the catalog, told like one that ended in
 * the middle of one. Everything else comes back as it is.
 */
export function explainBrokenSession(error: unknown): unknown {
  if (error instanceof BerthError || !(error instanceof Error)) return error;
  const code = (error as { code?: unknown }).code;
  const isServer = typeof code === "string" && /^57P0[1235]$|^25P0[34]$/.test(code);
  const isNetwork =
    /^Connection terminated|^Client has encountered a connection error|ECONNRESET|EPIPE/.test(
      `${error.message} ${String(code)}`,
    );
  if (!isServer && !isNetwork) return error;
  return new BerthError(`Postgres: the session ended (${error.message})`, {
    hint:
      hintForTimeout(String(code)) ??
      "run the same command again once the server answers: what was done is found and kept",
    cause: error,
  });
}

function hintForTimeout(code: string): string | undefined {
  const name = timeouts.get(code);
  if (name === undefined) return undefined;
  return `a superuser sees where ${name} is set: SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting; then, of that database: ALTER DATABASE ... RESET ${name}`;
}

function hintFor(code: string, message: string, context: StatementContext): string | undefined {
  switch (code) {
    case "57P05":
    case "25P04":
      return hintForTimeout(code);
    case "42501":
      if (/extension/.test(message)) {
        return `as a superuser, in that database: ${context.statement}; then run pulumi up again`;
      }
      // Of a membership that another role gave; no part in the group helps.
      if (/to revoke privileges granted by/.test(message)) {
        return `as a superuser: ${context.statement}`;
      }
      return hintForMissingRight(message, context);
    case "42710":
    case "42P04":
    case "23505":
      return "somebody made it at the same moment; run pulumi up again: what is ours is taken up";
    case "55P03":
      return "another session holds a lock on it; see who: SELECT pid, usename, application_name, state, query FROM pg_stat_activity WHERE wait_event_type = 'Lock' OR state <> 'idle'";
    case "40P01":
    case "40001":
    case "XX000":
      return "another session changed the same thing at the same moment; run pulumi up again";
    case "53100":
      return "the server's disk is full, which endangers everybody on it: make room first; each database takes about 8 MB";
    case "53300":
      return "the server has no free connection; lower berth:postgres.connectionLimit, or raise max_connections";
    case "25006":
      return "this is a standby, which is read-only; point berth:postgres.endpoint at the primary's Service";
    case "57014":
      return "the statement took more than its time; look at what the server is busy with, then run pulumi up again";
    case "2BP01":
      return "what the server lists depends on the role; give it to another role or take it away, then run pulumi up again";
    case "55000":
    case "55006":
      return "the database is in use or was left half dropped; look at pg_database.datconnlimit (-2 = half dropped) and pg_stat_activity";
    case "54000":
    case "42602":
    case "22023":
      return "the server refuses the value; look at the entry in the stack file";
    case "57P01":
    case "57P02":
    case "57P03":
      return "the server stopped or restarts; run pulumi up again once it is back: what was done is found and kept";
    default:
      return undefined;
  }
}

/** Each right that an admin may lack, with the statement that gives it. */
function hintForMissingRight(message: string, context: StatementContext): string {
  const id = escapeIdentifier(context.admin);
  if (/create role/.test(message)) return `as a superuser: ALTER ROLE ${id} CREATEROLE`;
  if (/create database/.test(message)) return `as a superuser: ALTER ROLE ${id} CREATEDB`;
  return hintForMembership(context);
}

/** What lets the admin change a role and decide about what belongs to it. */
export function hintForMembership({
  role,
  admin,
  versionNumber,
}: Pick<StatementContext, "role" | "admin" | "versionNumber">): string {
  const id = escapeIdentifier(admin);
  const grant = `as a superuser: GRANT ${escapeIdentifier(role)} TO ${id}`;
  // Before 16 it is the admin that inherits, or not, and no single membership.
  return versionNumber >= 160_000
    ? `${grant} WITH ADMIN TRUE, INHERIT TRUE, SET TRUE`
    : `${grant}; ALTER ROLE ${id} INHERIT`;
}
