import os from "node:os";

import { Client, DatabaseError } from "pg";

import type { Credential } from "../../onepassword/credential.ts";
import { holdLineBreaks, releaseLineBreaks } from "../../terminal-text.ts";
import type { Endpoint } from "../../tunnel/endpoint.ts";
import { explainReadFailure } from "../statements/failure.ts";
import { limitSilence, statementSeconds } from "./answer-limit.ts";
import { explainLoginFailure, LoginFailure, SettingsLost } from "./login-failure.ts";
import type { PgTls } from "./tls.ts";

/** A server that can be reached; see `reachServer`. */
export interface ServerTarget {
  readonly endpoint: Endpoint;
  readonly tls: PgTls | undefined;
  /** 1Password item that the login's password came from, for messages: `vault/title`. */
  readonly item?: string | undefined;
}

export interface SessionTarget extends ServerTarget {
  readonly database: string;
}

const connectTimeoutSeconds = 10;

/** Key of the advisory lock that allows one writer: "berth" in ASCII, for all stacks and machines. */
export const runLockKey = "422608794728";

type Settings = Readonly<Record<string, string>>;

/**
 * Settings of every session, in the form in which Postgres shows them. `search_path` is fixed, because the owner
 * of a database could otherwise replace a function of a catalog query, and the admin would run it. The timeouts
 * of statements and locks keep neighbours from waiting behind Berth. A database may have an
 * `idle_session_timeout` that ends a session before its first statement.
 */
export const settings: Settings = {
  search_path: "pg_catalog,pg_temp",
  lock_timeout: "5s",
  statement_timeout: `${String(statementSeconds / 60)}min`,
  idle_in_transaction_session_timeout: "30s",
  idle_session_timeout: "0",
};

/**
 * More settings of the admin's sessions. The owner of a database may set all of them for everybody who enters it:
 * the admin would act as the app's role, the server would look like a standby, the login would fail because a
 * library is missing, or a GRANT that had no effect would say nothing. An app's own roles may need the first one to
 * act as another role.
 */
export const adminSettings: Settings = {
  role: "none",
  default_transaction_read_only: "off",
  local_preload_libraries: "",
  client_min_messages: "warning",
};

/**
 * With these the server notices within a minute, and not after two hours, that a machine with the run lock lost
 * its network. They are not compared after the login: what a server shows depends on its system.
 */
const keepalives: Settings = {
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
};

/**
 * The server compiles a query that it expects to cost 100,000 or more, and expects 90,000 of the one for privileges in
 * an empty database. In a new session that takes longer than the query. It is not compared after the login: nothing
 * depends on it.
 */
const withoutCompiling: Settings = { jit: "off" };

/**
 * Only Postgres 17 and newer have it, and a server refuses a login with a setting that it does not know. So the
 * first session looks for it, and later sessions set it at login.
 */
const transactionTimeout = "transaction_timeout";

/** Endpoints whose server is known to have `transaction_timeout`. */
const withTransactionTimeout = new WeakSet<Endpoint>();

/** libpq's `options`. These settings win over those of the database and the role. */
export function toStartupOptions(wanted: Settings): string {
  return Object.entries(wanted)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}

/** Logs in as the admin, passes the session to `use`, and always ends it. Throws `LoginFailure`. */
export async function withSession<T>(
  target: SessionTarget,
  admin: Credential,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  return await useOnce(await openSession(target, admin), use);
}

/** The same for a role of an app, without the admin's settings. */
export async function withRoleSession<T>(
  target: SessionTarget,
  credential: Credential,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  return await useOnce(await open(target, credential, settings), use);
}

async function useOnce<T>(client: Client, use: (client: Client) => Promise<T>): Promise<T> {
  try {
    return await use(client);
  } catch (error) {
    throw explainReadFailure(error, {
      user: String(client.user),
      database: String(client.database),
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A session of the admin for more than one use. The caller ends it. */
export async function openSession(target: SessionTarget, admin: Credential): Promise<Client> {
  return await open(target, admin, { ...settings, ...adminSettings });
}

async function open(
  target: SessionTarget,
  credential: Credential,
  wanted: Settings,
): Promise<Client> {
  const { endpoint, database, item } = target;
  const login = {
    user: credential.username,
    database,
    item,
    timeoutSeconds: connectTimeoutSeconds,
  };
  try {
    return await logIn(target, credential, wanted);
  } catch (error) {
    const failure = explainLoginFailure(error, endpoint, login);
    // Only a server with transaction_timeout answers so. The second login sets it from the start.
    const isCut = failure instanceof LoginFailure && failure.sqlState === "25P04";
    if (!isCut || withTransactionTimeout.has(endpoint)) throw failure;
    withTransactionTimeout.add(endpoint);
    return await open(target, credential, wanted);
  }
}

async function logIn(
  target: SessionTarget,
  credential: Credential,
  wanted: Settings,
): Promise<Client> {
  const isKnown = withTransactionTimeout.has(target.endpoint);
  const pinned = isKnown ? { ...wanted, [transactionTimeout]: "0" } : wanted;
  const client = createClient(target, credential, {
    ...pinned,
    ...keepalives,
    ...withoutCompiling,
  });
  try {
    await client.connect();
    const found = await readSettings(client, Object.keys(pinned));
    const lost = Object.keys(pinned).filter((name) => found[name] !== pinned[name]);
    if (lost.length > 0) throw new SettingsLost(lost);
    if (found[transactionTimeout] !== null) {
      withTransactionTimeout.add(target.endpoint);
      if (!isKnown) await client.query(`SET ${transactionTimeout} = 0`);
    }
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
}

/** The query does not depend on `search_path`, which may be lost. */
async function readSettings(
  client: Client,
  names: readonly string[],
): Promise<Record<string, string | null>> {
  const columns = [...new Set([...names, transactionTimeout])].map(
    (name) => `pg_catalog.current_setting('${name}', true) as ${name}`,
  );
  const { rows } = await client.query<Record<string, string | null>>(
    `select ${columns.join(", ")}`,
  );
  return rows[0] ?? {};
}

function createClient(target: SessionTarget, credential: Credential, pinned: Settings): Client {
  const { endpoint } = target;
  const carrier = endpoint.stream();
  const client = new Client({
    host: endpoint.host,
    port: endpoint.port,
    stream: () => carrier,
    ...(target.tls === undefined ? {} : { ssl: target.tls }),
    database: target.database,
    user: credential.username,
    // A function, because without one an empty password would become that of PGPASSWORD or of a password file.
    password: () => credential.revealPassword(),
    application_name: `berth ${os.userInfo().username}@${os.hostname()}`.slice(0, 63),
    options: toStartupOptions(pinned),
    connectionTimeoutMillis: connectTimeoutSeconds * 1000,
  });
  limitSilence(client, carrier, endpoint);
  keepErrors(client);
  return client;
}

/**
 * Keeps the server's line breaks apart from Berth's own, and restores them in what is sent to it. A session that
 * ended between two statements fails the next one with the reason; node-postgres says only that it cannot ask.
 */
function keepErrors(client: Client): void {
  let end: unknown;
  client.on("error", (reason) => {
    end ??= reason;
  });
  const fail = (failure: unknown): never => {
    const error = failure instanceof DatabaseError ? failure : (end ?? failure);
    if (error instanceof DatabaseError) {
      error.message = holdLineBreaks(error.message);
      error.detail = holdLineBreaks(error.detail);
      error.hint = holdLineBreaks(error.hint);
    }
    throw error;
  };
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<{ rows: unknown[] }>;
  const keeping: typeof query = (...args) =>
    query(...args.map(releaseLineBreaks)).then(
      (result) => Object.assign(result, { rows: holdLineBreaks(result.rows) }),
      fail,
    );
  client.query = keeping as unknown as Client["query"];
  const connect: () => Promise<Client> = client.connect.bind(client);
  client.connect = () => connect().catch(fail);
}
