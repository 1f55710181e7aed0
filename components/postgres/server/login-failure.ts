import { DatabaseError, escapeIdentifier } from "pg";
import { BerthError, toErrorCode } from "../../errors.ts";
import { toShownText } from "../../kubernetes/error.ts";
import { timeouts } from "../statements/failure.ts";
import { type Explanation, explainTls, notPostgres, type Where } from "./tls-failure.ts";

/** The login failed. `cause` is the server's own error. */
export class LoginFailure extends BerthError {
  readonly sqlState: string | undefined;
  /** Whether something answered that speaks the Postgres protocol. */
  readonly isAnswer: boolean;

  constructor(message: string, options: { hint: string; cause: unknown }) {
    super(message, options);
    const { cause } = options;
    this.name = "LoginFailure";
    this.sqlState = cause instanceof DatabaseError ? cause.code : undefined;
    this.isAnswer = this.sqlState !== undefined || cause instanceof SettingsLost;
  }
}

/** The login worked, but the session does not have the requested settings. */
export class SettingsLost extends Error {
  constructor(names: readonly string[]) {
    super(`the session came without what Berth asks for: ${names.join(", ")}`);
  }
}

/** The login that failed, for messages. It has no secrets. */
export interface Login {
  readonly user?: string;
  readonly database?: string;
  /** The 1Password item the password came from: `vault/title`. */
  readonly item?: string | undefined;
  /** How long the client waited. */
  readonly timeoutSeconds?: number;
}

/**
 * Explains why a login failed: what was tried, what the error means, and the command that tests it. Without it a
 * dead server behind a live tunnel gives "Connection terminated unexpectedly", which looks like a wrong
 * password. A `BerthError` explains itself and is returned unchanged.
 */
export function explainLoginFailure(
  error: unknown,
  endpoint: Where,
  login: Login = {},
): BerthError {
  if (error instanceof BerthError) return error;
  const code = toErrorCode(error);
  const text = error instanceof Error ? error.message || code : String(error);
  const explanation =
    explainPooler(error, code, text) ??
    explainSettings(error, code, login) ??
    explainNoPassword(text, login) ??
    explainRefusal(code, login, (error as { routine?: string } | undefined)?.routine) ??
    explainTls(code, text, endpoint) ??
    explainTimeout(text, login) ??
    explainNetwork(code, text, endpoint);
  const who = login.user === undefined ? "" : ` as ${login.user}`;
  const means = explanation?.means ?? text;
  return new LoginFailure(`cannot connect to Postgres at ${endpoint.description}${who}: ${means}`, {
    hint: explanation?.hint ?? `test the way there with: ${endpoint.testCommand}`,
    cause: error,
  });
}

/** A connection pooler answers: it refuses the settings that Berth needs, or drops them. */
function explainPooler(error: unknown, code: string, text: string): Explanation | undefined {
  const isRefused = code === "08P01" || code === "0A000";
  if (!isRefused && !(error instanceof SettingsLost)) return undefined;
  const means = isRefused
    ? `what answers there refuses such a session: "${toShownText(text)}" (${code}); it seems to be a connection pooler`
    : `${text}; a connection pooler in between drops it`;
  return {
    means,
    hint: "point berth:postgres.endpoint at Postgres itself, not at its pooler: without these settings an app's owner could run code as the admin",
  };
}

/** Routines in the server that load a library. */
const loading: readonly (string | undefined)[] = [
  "check_restricted_library_name",
  "incompatible_module_error",
  "internal_load_library",
];

/** A setting of the database or the role ends every session, or prevents it. */
function explainSettings(error: unknown, code: string, login: Login): Explanation | undefined {
  const isLibrary = loading.includes((error as { routine?: string } | undefined)?.routine);
  const name = isLibrary ? "local_preload_libraries" : timeouts.get(code);
  if (name === undefined) return undefined;
  const { database = "postgres", user } = login;
  const said = error instanceof Error ? toShownText(error.message) : code;
  const reset = `ALTER DATABASE ${escapeIdentifier(database)} RESET ${name}`;
  const role =
    user === undefined
      ? ""
      : `; if the role has it: ALTER ROLE ${escapeIdentifier(user)} RESET ${name}`;
  const also = isLibrary ? "; session_preload_libraries may name the library as well" : "";
  return {
    means: `${name} of database "${database}" lets no session live: ${said} (${code})`,
    hint: `from another database, as a superuser or the owner: ${reset}${role}${also}`,
  };
}

/** The server asks for a password of a role that has none: the client's own error. */
function explainNoPassword(text: string, { user = "" }: Login): Explanation | undefined {
  if (!/client password must be/.test(text)) return undefined;
  return {
    means: `the server asks role "${user}" for a password, and berth:postgres.adminUser has none`,
    hint: `in pg_hba.conf, before the line that matches now: hostssl all ${user} <address> cert; or name the role's item in berth:postgres.adminItem in place of adminUser`,
  };
}

function explainRefusal(code: string, login: Login, routine?: string): Explanation | undefined {
  const database = `database "${login.database ?? "postgres"}"`;
  const user = login.user === undefined ? "the role" : `role "${login.user}"`;
  const item = login.item === undefined ? "the credential's item" : `the item ${login.item}`;
  switch (code) {
    case "28P01":
      return {
        means: `the server refused the password of ${user}, which came from ${item} (28P01)`,
        hint: `compare ${item} in 1Password with the server; Postgres gives the same answer when the role does not exist`,
      };
    case "28000":
      return {
        means: `the server lets ${user} in from nowhere it can see us: no line in pg_hba.conf matches, the role may not log in, or it does not exist (28000)`,
        hint: "check pg_hba.conf (does it ask for TLS, or for a client certificate, which berth:postgres.tls.cert names?) and the role's LOGIN",
      };
    case "3D000":
      return {
        means: `there is no ${database} (3D000)`,
        hint: "set berth:postgres.maintenanceDatabase to one that exists; if it should, this may be another server",
      };
    case "42501":
      return {
        means: `${user} may not connect to ${database} (42501)`,
        hint: `as a superuser: GRANT CONNECT ON DATABASE ${escapeIdentifier(login.database ?? "postgres")} TO ${login.user === undefined ? "that role" : escapeIdentifier(login.user)}`,
      };
    case "55000":
      return {
        means: `${database} takes no sessions (55000)`,
        hint: `find out why somebody closed it; as its owner: ALTER DATABASE ${escapeIdentifier(login.database ?? "postgres")} ALLOW_CONNECTIONS true`,
      };
    case "57P03":
      return {
        means: "the server is starting, stopping or in recovery, and takes no session yet (57P03)",
        hint: "run the same command again in a minute; if it stays so, read the server's log",
      };
    case "57P01":
    case "57P02":
      return {
        means: `the server ended the session because it stops or crashed (${code})`,
        hint: "run the same command again once it is back; what was done is found and kept",
      };
    case "53100":
      return {
        means: "the server's disk is full (53100), which endangers everybody on it",
        hint: "make room on the server, then run the same command again",
      };
    case "53300":
      return explainLimit(routine, user, database);
    default:
      return undefined;
  }
}

/** All three limits give 53300. The routine in the error distinguishes them in every language. */
function explainLimit(routine: string | undefined, user: string, database: string): Explanation {
  const means = (limited: string): string =>
    `${limited} has as many sessions as its own connection limit allows (53300)`;
  if (routine === "InitializeSessionUserId") {
    return {
      means: means(user),
      hint: "end one of them, or raise the limit: connectionLimit in the entry of its app, or ALTER ROLE ... CONNECTION LIMIT if it is of no app",
    };
  }
  if (routine === "CheckMyDatabase") {
    return {
      means: means(database),
      // An up has to enter it to see what it is, before it changes anything.
      hint: "end one of them, or raise the limit with ALTER DATABASE ... CONNECTION LIMIT, as its owner or a superuser; then write it to database.connectionLimit in the entry of its app",
    };
  }
  return {
    means: "the server has no free connection (53300)",
    hint: "see who holds them: SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC; then raise max_connections or end idle ones",
  };
}

function explainNetwork(code: string, text: string, endpoint: Where): Explanation | undefined {
  switch (code) {
    case "ECONNREFUSED":
      return { means: "connection refused: the host is there and nothing listens on the port" };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return {
        means: `no way to the host (${code}): is the VPN up, and is this the right network?`,
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { means: `the name cannot be resolved (${code}): ${text}` };
    case "ETIMEDOUT":
      return { means: `no answer: ${text}; a firewall may swallow it` };
    default:
  }
  // `lengthMissing` and the like: the parser got bytes that are not in the protocol.
  if (/invalid response|unexpected message|unknown authentication|Unknown auth/i.test(text)) {
    return notPostgres(endpoint);
  }
  if (/terminated unexpectedly|socket hang up/i.test(text) || /ECONNRESET|EPIPE/.test(code)) {
    const failure = endpoint.lastFailure();
    if (failure !== undefined) {
      const [{ what, fix } = { what: failure.message }] = failure.problems;
      return { means: what, ...(fix === undefined ? {} : { hint: fix }) };
    }
    return {
      means:
        "the way there works, but the other end hung up before it answered: the server is down, restarting, or is not Postgres",
    };
  }
  return undefined;
}

function explainTimeout(text: string, login: Login): Explanation | undefined {
  if (!/timeout expired|connection timeout/i.test(text)) return undefined;
  const wait =
    login.timeoutSeconds === undefined ? "in time" : `within ${String(login.timeoutSeconds)} s`;
  return {
    means: `nothing was answered ${wait}: the server hangs, the way swallows packets, or what listens there is not Postgres`,
  };
}
