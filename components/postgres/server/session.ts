import os from "node:os";
import { Client } from "pg";
import type { Credential } from "../../onepassword/credential.ts";
import type { Endpoint } from "../../tunnel/endpoint.ts";
import { explainBrokenSession } from "../statements/failure.ts";
import { limitSilence, statementSeconds } from "./answer-limit.ts";
import { explainLoginFailure, LoginFailure, SettingsLost } from "./login-failure.ts";
import type { PgTls } from "./tls.ts";

/** A server that can be reached: what every session there starts from; see `reachServer`. */
export interface ServerTarget {
  readonly endpoint: Endpoint;
  readonly tls: PgTls | undefined;
  /** 1Password item that the login's password came from, for messages: `vault/title`. */
  readonly item?: string | undefined;
}

/** Where and how to log in. */
export interface SessionTarget extends ServerTarget {
  readonly database: string;
}

/** Seconds that a connection may take. */
const connectTimeoutSeconds = 10;

/** Key of the advisory lock that keeps writers apart: "berth" in ASCII, for all stacks and machines. */
export const runLockKey = "422608794728";

type Settings = Readonly<Record<string, string>>;

/**
 * Settings of every session that Berth opens, in the form in which Postgres shows them. `search_path` is
 * pinned because the owner of a database could otherwise put a function in the way of a catalog query
 * and have the admin run it. The timeouts of statements and locks keep Berth from queueing the
 * neighbours behind a lock. A database may have an `idle_session_timeout` that ends each session of ours
 * before its first statement.
 */
export const settings: Settings = {
  search_path: "pg_catalog,pg_temp",
  lock_timeout: "5s",
  statement_timeout: `${String(statementSeconds / 60)}min`,
  idle_in_transaction_session_timeout: "30s",
  idle_session_timeout: "0",
};

/**
 * Settings of the admin's sessions besides. The owner of a database may set all three for everybody who
 * enters it: the admin would be taken for the app's role, or the server for a standby, or the login would
 * fail for want of a library. An app's own roles may act as another by the first.
 */
export const adminSettings: Settings = {
  role: "none",
  default_transaction_read_only: "off",
  local_preload_libraries: "",
};

/**
 * The server notices within a minute, and not after two hours, that a machine which held the run lock
 * lost its network. Not compared after the login: what a server shows of them is its system's.
 */
const keepalives: Settings = {
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
};

/**
 * Only Postgres 17 and newer have it, and a server refuses a login with a setting that it does not know. So
 * the first session of a server looks whether it is there, and the others pin it from the start.
 */
const transactionTimeout = "transaction_timeout";

/** Endpoints whose server is known to have `transaction_timeout`. */
const withTransactionTimeout = new WeakSet<Endpoint>();

/** libpq's `options`: these settings win over those of the database and the role. */
export function toStartupOptions(wanted: Settings): string {
  return Object.entries(wanted)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}

/**
 * Logs in as the admin, hands the session over, and ends it whatever happens. A login that fails is a
 * `LoginFailure`.
 */
export async function withSession<T>(
  target: SessionTarget,
  admin: Credential,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  return await useOnce(await openSession(target, admin), use);
}

/** The same as a role of an app, with the settings that are its own. */
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
    throw explainBrokenSession(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A session of the admin that is kept for more than one use; the caller ends it. */
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
    // Only a server that knows transaction_timeout answers so; the second login pins it from the start.
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
  const client = createClient(target, credential, { ...pinned, ...keepalives });
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

/** The query looks for nothing in `search_path`, which may be lost. */
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
    password: credential.revealPassword(),
    application_name: `berth ${os.userInfo().username}@${os.hostname()}`.slice(0, 63),
    options: toStartupOptions(pinned),
    connectionTimeoutMillis: connectTimeoutSeconds * 1000,
  });
  // A server that goes away reports here too; the query in flight carries the error.
  client.on("error", () => undefined);
  limitSilence(client, carrier, endpoint);
  return client;
}
