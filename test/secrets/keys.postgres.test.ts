import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { Client } from "pg";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { hasPsql } from "../postgres/psql/run.ts";
import { passwords } from "./login-keys.ts";
import { plain, role, special, useLoginServer } from "./login-server.ts";

/** Logs in with exactly the bytes that a Secret has. */

const { folder, server } = useLoginServer();

const query = "select current_user as who, current_database() as where";

test.each(Object.entries(passwords))("node-postgres logs in: %s", async (_, password) => {
  const secret = await server().makeSecret(password, plain);
  for (const key of ["uri", "DATABASE_URL"]) {
    const client = new Client({ connectionString: secret[key] });
    await client.connect();
    expect((await client.query(query)).rows, key).toEqual([{ who: role, where: plain }]);
    await client.end();
  }
  expect(parse(secret["CONFIG_YAML"] ?? "")).toEqual({ database: { user: role, password } });
});

test.skipIf(!hasPsql).each(Object.entries(passwords))("libpq logs in: %s", async (_, password) => {
  const secret = await server().makeSecret(password, special);
  const { host, port } = server().place;
  const line = join(folder, "pgpass");
  writeFileSync(line, `${secret["pgpass"] ?? ""}\n`);
  chmodSync(line, 0o600);
  const file = { PGHOST: host, PGPORT: String(port), PGUSER: role, PGDATABASE: special };
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
        extendEnv: false,
        reject: false,
      },
    );
    expect({ stdout, stderr }).toEqual({ stdout: `${role}|${special}`, stderr: "" });
  }
});
