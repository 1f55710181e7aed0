import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ensureAdmin, type RoleLogin, type SuperuserLogin } from "../../dev/postgres/neighbour.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { preparePostgres } from "../../dev/postgres/prepare.ts";
import { removeServer, startServer } from "../../dev/postgres/server.ts";

/** Settings of every server of the bench. */
export const serverSettings = { log_connections: "on", log_statement: "all" };

/** A server of its own, as the stack of the bench has one: how to log in, and a role as Berth's admin is. */
export interface BenchServer {
  readonly superuser: SuperuserLogin;
  readonly admin: RoleLogin;
}

/** Starts an empty server, and removes it with all that was made on it. */
export async function withServer<T>(use: (server: BenchServer) => Promise<T>): Promise<T> {
  const home = mkdtempSync(path.join(tmpdir(), "berth-bench-"));
  const password = "superuser-of-the-bench";
  const admin = { name: "coachlight_admin", password: "admin-of-the-bench" };
  try {
    await preparePostgres({ home, superuserPassword: password });
    const port = await freePort();
    const { host } = await startServer({ home, port, settings: serverSettings });
    const superuser = { host, port, password };
    await ensureAdmin(superuser, admin);
    return await use({ superuser, admin });
  } finally {
    await removeServer(home);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
