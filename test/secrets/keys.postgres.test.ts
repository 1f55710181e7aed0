import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { startTestServer, type TestServer } from "../fakes/postgres-server.ts";
import { hasPsql } from "../postgres/psql/run.ts";
import { makeKeys, passwords, renderKeys } from "./login-keys.ts";

/** Logs in with exactly the bytes that a Secret has. */

const role = "wi ki+é";
/** node-postgres decodes a name only in part: it would look for "wi%2Fki". */
const odd = "wi/ki é?";
const plain = "wi ki é";
const folder = mkdtempSync(join(tmpdir(), "berth-keys-"));
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.superuser.query(`create role ${escapeIdentifier(role)} login`);
  for (const name of [odd, plain]) {
    await server.superuser.query(`create database ${escapeIdentifier(name)}`);
  }
}, 60_000);

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
}, 120_000);

async function makeSecret(password: string, database: string) {
  const verifier = makeVerifier(password, role);
  await server.superuser.query(
    `alter role ${escapeIdentifier(role)} password ${escapeLiteral(verifier)}`,
  );
  const { host, port } = server.superuser;
  const keys = renderKeys(makeKeys({ host, port, database }), { username: role, password });
  return keys as Record<string, string>;
}

const query = "select current_user as who, current_database() as where";

test.each(Object.entries(passwords))("node-postgres logs in: %s", async (_, password) => {
  const secret = await makeSecret(password, plain);
  for (const key of ["uri", "DATABASE_URL"]) {
    const client = new Client({ connectionString: secret[key] });
    await client.connect();
    expect((await client.query(query)).rows, key).toEqual([{ who: role, where: plain }]);
    await client.end();
  }
  expect(parse(secret["CONFIG_YAML"] ?? "")).toEqual({ database: { user: role, password } });
});

test.skipIf(!hasPsql).each(Object.entries(passwords))("libpq logs in: %s", async (_, password) => {
  const secret = await makeSecret(password, odd);
  const { host, port } = server.superuser;
  const line = join(folder, "pgpass");
  writeFileSync(line, `${secret["pgpass"] ?? ""}\n`);
  chmodSync(line, 0o600);
  const file = { PGHOST: host, PGPORT: String(port), PGUSER: role, PGDATABASE: odd };
  const ways = [
    [[secret["uri"]], {}],
    [[secret["DATABASE_URL"]], {}],
    [[secret["CONNINFO"]], {}],
    [[], { ...file, PGPASSFILE: line }],
  ] as const;
  for (const [args, env] of ways) {
    const { stdout, stderr } = await execa(
      "psql",
      ["-X", "-w", "-At", "-F|", ...args.map(String), "-c", query],
      {
        env: { PATH: process.env["PATH"] ?? "", PGCLIENTENCODING: "UTF8", ...env },
        ...{ extendEnv: false, reject: false },
      },
    );
    expect({ stdout, stderr }).toEqual({ stdout: `${role}|${odd}`, stderr: "" });
  }
});
