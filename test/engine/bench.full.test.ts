import { execa } from "execa";
import { expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";

const above0: unknown = expect.toSatisfy((value: number) => value > 0);

const bench = (args: readonly string[], env: Record<string, string> = {}) =>
  execa("node", ["toolchain/run.mjs", "test/bench/main.ts", ...args], {
    cwd: projectFolder,
    env,
    reject: false,
  });

it("the bench measures Berth beside psql, says where it is, and goes on where the control fails", async () => {
  // Of all that runs here, only the registry's provider minds it.
  const env = { PGCLIENTENCODING: "LATIN1" };
  const args = ["--apps", "2", "--verify", "--stock", "--json"];
  const { stdout, stderr, exitCode } = await bench(args, env);
  expect(exitCode, stderr).toBe(0);
  const { apps } = JSON.parse(stdout) as { apps: Record<string, unknown>[] };
  expect(apps).toMatchObject([
    {
      n: 2,
      rounds: 1,
      superuser: false,
      resources: 4,
      logins_per_database: 1,
      verify: { checks: 38, failed: 0 },
      floors: {
        psql_s: above0,
        psql_admin_s: above0,
        psql_parallel_s: above0,
        create_s: { wal_log: above0, file_copy: above0 },
      },
      engine: { up_s: above0, noop_s: above0, refresh_s: above0 },
    },
  ]);
  const seconds = ["berth_up_s", "berth_noop_s", "berth_refresh_s", "ratio_up_psql"];
  const inside = [
    "berth_noop_outside_s",
    "ratio_noop_inside",
    "ratio_up_best",
    "ratio_noop_engine",
  ];
  for (const name of [...seconds, ...inside, "logins", "statements", "state_bytes"]) {
    expect(apps[0]?.[name], name).toBeGreaterThan(0);
  }
  expect(stderr).toContain("create database, wal_log: ");
  expect(stderr).toContain("pulumi preview, unchanged");
  expect(stderr).toContain("the control failed; what it said is in the figures");
  expect(apps[0]?.["stock_failure"]).toContain('unsupported client_encoding "LATIN1"');
  expect(Object.keys(apps[0] ?? {})).not.toContain("stock_up_s");
});

it("the bench measures one app with many tables, with an option of its own", async () => {
  const { stdout, stderr, exitCode } = await bench(["--tables", "50", "--json"]);
  expect(exitCode, stderr).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    tables: { tables: 50, noop_s: above0, refresh_s: above0, role_s: above0 },
  });
});

it("the bench says what an option takes", async () => {
  const { stderr, exitCode } = await bench(["--apps", "many"]);
  expect(stderr).toContain('--apps takes a number from 1 to 99999, not "many"');
  expect(exitCode).toBe(2);
});
