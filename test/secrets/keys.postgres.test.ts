import { Client } from "pg";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { hasPsql } from "../postgres/psql/run.ts";
import { passwords } from "./login-keys.ts";
import { plain, role, special, useLoginServer } from "./login-server.ts";
import { logInWithPsql } from "./psql-login.ts";

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
  const place = { ...server().place, user: role, database: special };
  const answers = await logInWithPsql(secret, place, folder);
  expect(answers).toEqual(answers.map(() => `${role}|${special}`));
});
