import { escapeIdentifier, escapeLiteral } from "pg";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { startTestServer } from "../fakes/postgres-server.ts";
import { makeKeys, renderKeys } from "./login-keys.ts";

/** The role of the tests that log in, and its databases. */
export const role = "wi ki+é";
/** Drivers do not agree on what is encoded in a database's name: node-postgres would look for "wi%2Fki". */
export const odd = "wi/ki é?";
export const plain = "wi ki é";

/** A Postgres with a role whose Secret can be asked for. */
export interface LoginServer {
  readonly place: { readonly host: string; readonly port: number };
  /** Gives the role this password, and answers with the keys of its Secret. */
  readonly makeSecret: (password: string, database: string) => Promise<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

export async function startLoginServer(): Promise<LoginServer> {
  const server = await startTestServer();
  const { superuser } = server;
  await superuser.query(`create role ${escapeIdentifier(role)} login`);
  for (const name of [odd, plain]) {
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
