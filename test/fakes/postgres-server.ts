import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import type { SessionTarget } from "../../components/postgres/server/session.ts";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { connectAsSuperuser } from "../../dev/postgres/neighbour.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { preparePostgres } from "../../dev/postgres/prepare.ts";
import { removeServer, startServer } from "../../dev/postgres/server.ts";

/** A real Postgres of a test file's own; nothing about it is faked but the reason it exists. */
export interface TestServer {
  /** The superuser's session in the maintenance database; ended by `stop`. */
  readonly superuser: Client;
  /** How to reach a database of it. */
  target(database: string): Promise<SessionTarget>;
  /** Whether the plaintext opens a session: true, or the SQLSTATE of the refusal. */
  tryLogin(role: string, password: string): Promise<true | string>;
  /** Everything the server logged, each statement included. */
  readLog(): string;
  stop(): Promise<void>;
}

/** Starts one; `log_statement=all` shows what reaches the server. */
export async function startTestServer(): Promise<TestServer> {
  const home = mkdtempSync(join(tmpdir(), "berth-test-postgres-"));
  const password = "only-for-this-test";
  await preparePostgres({ home, superuserPassword: password });
  const settings = { log_statement: "all", fsync: "off" };
  const { host, port, logFile } = await startServer({ home, port: await freePort(), settings });
  const superuser = await connectAsSuperuser({ host, port, password }, "postgres");
  const tls = { mode: "disable", caFile: undefined, serverName: host } as const;
  return {
    superuser,
    target: async (database) => ({
      endpoint: await openEndpoint({ kind: "direct", host, port }, tls),
      tls: undefined,
      database,
    }),
    tryLogin: async (role, plaintext) => {
      const login = { host, port, user: role, password: plaintext, database: "postgres" };
      const client = new Client({ ...login, connectionTimeoutMillis: 60_000 });
      try {
        await client.connect();
        return true;
      } catch (error) {
        const { code } = error as { code?: string };
        // A server that was too busy to answer has not refused anything.
        if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) throw error;
        return code;
      } finally {
        await client.end();
      }
    },
    readLog: () => readFileSync(logFile, "utf8"),
    stop: async () => {
      await superuser.end();
      await removeServer(home);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
