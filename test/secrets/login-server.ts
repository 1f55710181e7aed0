import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { escapeIdentifier, escapeLiteral } from "pg";
import { afterAll, beforeAll } from "vitest";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { startTestServer } from "../fakes/postgres-server.ts";
import { makeKeys, renderKeys } from "./login-keys.ts";

/** The role of the tests that log in, and its databases. */
export const role = "wi ki+é";
/** Drivers do not agree on what is encoded in a database's name: node-postgres would look for "wi%2Fki". */
export const special = "wi/ki é?";
export const plain = "wi ki é";

/** A Postgres with a role whose Secret can be asked for. */
interface LoginServer {
  readonly place: { readonly host: string; readonly port: number };
  /** Gives the role this password, and answers with the keys of its Secret. */
  readonly makeSecret: (password: string, database: string) => Promise<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** A server, and a folder, for the tests of a file. */
export function useLoginServer() {
  const folder = mkdtempSync(path.join(tmpdir(), "berth-keys-"));
  let server: LoginServer;

  beforeAll(async () => {
    server = await startLoginServer();
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  }, 120_000);

  return { folder, server: () => server };
}

async function startLoginServer(): Promise<LoginServer> {
  const server = await startTestServer();
  const { superuser } = server;
  await superuser.query(`create role ${escapeIdentifier(role)} login`);
  for (const name of [special, plain]) {
    await superuser.query(`create database ${escapeIdentifier(name)}`);
  }
  const { host, port } = superuser;
  return {
    place: { host, port },
    makeSecret: async (password, database) => {
      const verifier = escapeLiteral(makeVerifier(password, role));
      await superuser.query(`alter role ${escapeIdentifier(role)} password ${verifier}`);
      return { ...renderKeys(makeKeys({ host, port, database }), { username: role, password }) };
    },
    stop: server.stop,
  };
}
