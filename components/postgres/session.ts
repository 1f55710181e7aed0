import os from "node:os";
import { Client, type ClientConfig } from "pg";
import type { Credential } from "../onepassword/credential.ts";
import type { Endpoint } from "../tunnel/endpoint.ts";

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
 * keep Berth from queueing the neighbours behind a lock.
 */
const settings = [
  "search_path=pg_catalog,pg_temp",
  "lock_timeout=5s",
  "statement_timeout=60s",
  "idle_in_transaction_session_timeout=30s",
];

/** Logs in, hands the session over, and ends it whatever happens. Errors are node-postgres' own. */
export async function withSession<T>(
  target: SessionTarget,
  credential: Credential,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = createClient(target, credential);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A session that is kept for more than one use; the caller ends it. */
export async function openSession(target: SessionTarget, credential: Credential): Promise<Client> {
  const client = createClient(target, credential);
  try {
    await client.connect();
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
}

function createClient(target: SessionTarget, credential: Credential): Client {
  const client = new Client({
    host: target.endpoint.host,
    port: target.endpoint.port,
    stream: () => target.endpoint.stream(),
    ...(target.tls === undefined ? {} : { ssl: target.tls }),
    database: target.database,
    user: credential.username,
    password: credential.revealPassword(),
    application_name: `berth ${os.userInfo().username}@${os.hostname()}`.slice(0, 63),
    options: settings.map((setting) => `-c ${setting}`).join(" "),
    connectionTimeoutMillis: connectTimeoutSeconds * 1000,
  });
  // A server that goes away reports here too; the query in flight carries the error.
  client.on("error", () => undefined);
  return client;
}
