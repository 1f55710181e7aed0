import os from "node:os";
import { Client, type ClientConfig, DatabaseError } from "pg";
import type { Credential } from "../../onepassword/credential.ts";
import { holdLineBreaks, releaseLineBreaks } from "../../terminal-text.ts";
import type { Endpoint } from "../../tunnel/endpoint.ts";
import { limitSilence, statementSeconds } from "./answer-limit.ts";

/** Where and how to log in; `tls` is node-postgres' `ssl`. */
export interface SessionTarget {
  readonly endpoint: Endpoint;
  readonly tls: ClientConfig["ssl"];
  readonly database: string;
}

/** Seconds that a connection may take. */
export const connectTimeoutSeconds = 10;

/** Key of the advisory lock that keeps writers apart: "berth" in ASCII, for all stacks and machines. */
export const runLockKey = "422608794728";

/**
 * Settings of every session that Berth opens. `search_path` is pinned because the owner of a database
 * could otherwise put a function in the way of a catalog query and have the admin run it; the timeouts
 * keep Berth from queueing the neighbours behind a lock; the keepalives let the server notice within a
 * minute, and not after two hours, that a machine which held the run lock lost its network.
 */
const settings = [
  "search_path=pg_catalog,pg_temp",
  "lock_timeout=5s",
  `statement_timeout=${String(statementSeconds)}s`,
  "idle_in_transaction_session_timeout=30s",
  "tcp_keepalives_idle=30",
  "tcp_keepalives_interval=10",
  "tcp_keepalives_count=3",
];

/**
 * Settings of the admin's sessions besides, as the owner of a database may set both for everybody who
 * enters it, and the admin would be taken for the app's role, or the server for a standby. An app's own
 * roles may act as another by the first.
 */
const adminSettings = ["role=none", "default_transaction_read_only=off"];

/**
 * Logs in as the admin, hands the session over, and ends it whatever happens. Errors are node-postgres'
 * own.
 */
export async function withSession<T>(
  target: SessionTarget,
  admin: Credential,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  return await useOnce(createClient(target, admin, adminSettings), use);
}

/** The same as a role of an app, with the settings that are its own. */
export async function withRoleSession<T>(
  target: SessionTarget,
  credential: Credential,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  return await useOnce(createClient(target, credential), use);
}

async function useOnce<T>(client: Client, use: (client: Client) => Promise<T>): Promise<T> {
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A session of the admin that is kept for more than one use; the caller ends it. */
export async function openSession(target: SessionTarget, admin: Credential): Promise<Client> {
  const client = createClient(target, admin, adminSettings);
  try {
    await client.connect();
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
}

function createClient(
  target: SessionTarget,
  credential: Credential,
  more: readonly string[] = [],
): Client {
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
    options: [...settings, ...more].map((setting) => `-c ${setting}`).join(" "),
    connectionTimeoutMillis: connectTimeoutSeconds * 1000,
  });
  // A server that goes away reports here too; the query in flight carries the error.
  client.on("error", () => undefined);
  limitSilence(client, carrier, endpoint);
  keepLineBreaks(client);
  return client;
}

/** Has line breaks in what the server says told apart from Berth's own; what it is sent is as it came. */
function keepLineBreaks(client: Client): void {
  const fail = (error: unknown): never => {
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
