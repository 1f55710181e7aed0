import { DatabaseError, escapeIdentifier } from "pg";
import { BerthError, messageOf } from "../../errors.ts";

/** Characters of a statement that are shown. */
const statementLimit = 2_000;

/** What a statement was for, to explain its failure. */
export interface StatementContext {
  readonly app: string;
  /** From `describeAction`. */
  readonly intent: string;
  /** The statement without verifiers. */
  readonly statement: string;
  readonly admin: string;
  /** `server_version_num`, 160004 for 16.4. Before 16 a membership has no options. */
  readonly versionNumber: number;
  /** Role that the admin must be a member of. */
  readonly role: string;
}

/**
 * Explains why a statement failed: the app, what it was for, the cause by SQLSTATE, and the fix. It uses
 * only message and detail of the server's error, which do not quote the statement.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function explainStatementFailure(error: unknown, context: StatementContext): BerthError {
  if (error instanceof BerthError) return error;
  const at = `app ${context.app}: ${context.intent}: not done`;
  if (!(error instanceof DatabaseError)) {
    const text = messageOf(error);
    return new BerthError(`${at}: the connection broke (${text})`, {
      hint: "run pulumi up again; it keeps what is done already",
    });
  }
  const { code = "", message, detail } = error;
  const hint = hintFor(code, `${message} ${detail ?? ""}`, context);
  return new BerthError(
    `${at}: ${message}${detail === undefined ? "" : ` (${detail})`} (SQLSTATE ${code})\n  statement: ${shorten(context.statement)}`,
    { cause: error, ...(hint === undefined ? {} : { hint }) },
  );
}

/** Settings that end a session, by the SQLSTATE of its end; the owner of a database may set them for it. */
export const timeouts: ReadonlyMap<string, string> = new Map([
  ["57P05", "idle_session_timeout"],
  ["25P04", "transaction_timeout"],
]);

interface ReadContext {
  readonly user: string;
  readonly database: string;
}

/**
 * Explains an error of a query on the catalog if the session ended, or if the role may not read the catalog.
 * Returns any other error unchanged.
 */
export function explainReadFailure(error: unknown, context: ReadContext): unknown {
  if (error instanceof BerthError || !(error instanceof Error)) return error;
  const code = (error as { code?: unknown }).code;
  if (code === "42501") return explainHiddenCatalog(error, context);
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

/** Everybody may read these parts of the catalog, until somebody revokes that from PUBLIC, in one database. */
function explainHiddenCatalog(error: Error, { user, database }: ReadContext): BerthError {
  const [, kind, name] =
    /permission denied for (function|view|table) (\w+)/.exec(error.message) ?? [];
  const right = kind === "function" ? "EXECUTE ON FUNCTION" : "SELECT ON";
  return new BerthError(
    `Postgres: role "${user}" cannot read the catalog of database "${database}": ${error.message}`,
    {
      cause: error,
      hint:
        name === undefined
          ? `give role "${user}" that right, as a superuser, in database ${database}`
          : `as a superuser, in database ${database}: GRANT ${right} pg_catalog.${name} TO ${escapeIdentifier(user)}`,
    },
  );
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
      if (isForSuperuser(message, context)) return `as a superuser: ${context.statement}`;
      // The new owner may lack a right in a schema of somebody else. A superuser needs none.
      if (/^REASSIGN OWNED/.test(context.statement)) {
        return `as a superuser, in that database: ${context.statement}`;
      }
      return hintForMissingRight(message, context);
    case "42710":
    case "42P04":
    case "23505":
      return "another session created it at the same moment; run pulumi up again";
    case "55P03":
      return "another session has a lock on it; find it with: SELECT pid, usename, application_name, state, query FROM pg_stat_activity WHERE wait_event_type = 'Lock' OR state <> 'idle'";
    case "40P01":
    case "40001":
    case "XX000":
      return "another session changed the same thing at the same moment; run pulumi up again";
    case "53100":
      return "the server's disk is full, which endangers all its databases; free some space first (a database needs about 8 MB)";
    case "53200":
      return "the server has no memory or no lock left: run pulumi up again when it is less busy, or raise max_locks_per_transaction and restart it";
    case "53300":
      return "the server has no free connection; lower berth:postgres.connectionLimit, or raise max_connections";
    case "25006":
      return "the server is a read-only standby; set berth:postgres.endpoint to the primary's Service, or to its Pod by a selector, as role=primary";
    case "57014":
      return "the statement ran into its time limit; find out what the server is busy with, then run pulumi up again";
    case "2BP01":
      return "the objects that the server lists depend on the role; give them another owner or drop them, then run pulumi up again";
    case "55000":
    case "55006":
      return "the database is in use or half dropped; see pg_database.datconnlimit (-2 = half dropped) and pg_stat_activity";
    case "54000":
    case "42602":
    case "22023":
      return "the server refuses the value; correct the app's entry in the stack file";
    case "57P01":
    case "57P02":
    case "57P03":
      return "the server stopped or restarts; run pulumi up again when it is back; it keeps what is done already";
    default:
      return undefined;
  }
}

/** Whether no membership of the admin helps. */
function isForSuperuser(message: string, { statement }: StatementContext): boolean {
  return (
    // Another role granted the membership, perhaps in a superuser's role, which the admin must not join.
    /^REVOKE (?!.* ON )/.test(statement) ||
    // Before 16 such roles are a superuser's. Since then it is one whose attribute the admin does not have.
    /must be superuser|with the (SUPERUSER|REPLICATION|BYPASSRLS) attribute may/.test(message)
  );
}

function hintForMissingRight(message: string, context: StatementContext): string {
  const id = escapeIdentifier(context.admin);
  if (/create role/.test(message)) return `as a superuser: ALTER ROLE ${id} CREATEROLE`;
  if (/create database/.test(message)) return `as a superuser: ALTER ROLE ${id} CREATEDB`;
  return hintForMembership(context);
}

/** The statement that lets the admin change a role and the objects that it owns. */
export function hintForMembership(
  context: Pick<StatementContext, "role" | "admin" | "versionNumber">,
): string {
  const { role, admin, versionNumber } = context;
  const id = escapeIdentifier(admin);
  const grant = `as a superuser: GRANT ${escapeIdentifier(role)} TO ${id}`;
  // Before 16 INHERIT is an attribute of the admin, not of a membership.
  return versionNumber >= 160_000
    ? `${grant} WITH ADMIN TRUE, INHERIT TRUE, SET TRUE`
    : `${grant}; ALTER ROLE ${id} INHERIT`;
}

/** A statement may name thousands of objects. */
export function shorten(statement: string): string {
  const rest = statement.length - statementLimit;
  return rest <= 0
    ? statement
    : `${statement.slice(0, statementLimit)}… and ${String(rest)} characters more`;
}
