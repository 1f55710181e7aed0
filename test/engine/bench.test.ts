import { execa } from "execa";
import { expect, it } from "vitest";
import { projectFolder } from "../../dev/sandbox.ts";

const bench = (...args: string[]) =>
  execa("node", ["toolchain/run.mjs", "test/bench/main.ts", ...args], {
    cwd: projectFolder,
    reject: false,
  });

it("the bench measures Berth beside psql, and says where it is", async () => {
  const { stdout, stderr, exitCode } = await bench("--apps", "2", "--verify", "--json");
  expect(exitCode, stderr).toBe(0);
  const { apps } = JSON.parse(stdout) as { apps: Record<string, unknown>[] };
  expect(apps).toMatchObject([
    { n: 2, resources: 7, logins_per_database: 1, verify: { checks: 36, failed: 0 } },
  ]);
  const seconds = ["psql_s", "berth_up_s", "berth_noop_s", "berth_refresh_s", "ratio_up_psql"];
  for (const name of [...seconds, "logins", "statements", "state_bytes"]) {
    expect(apps[0]?.[name], name).toBeGreaterThan(0);
  }
  expect(stderr).toContain("pulumi preview, unchanged");
});

it("the bench says what an option takes", async () => {
  const { stderr, exitCode } = await bench("--apps", "many");
  expect(stderr).toContain('--apps takes a number from 1 to 99999, not "many"');
  expect(exitCode).toBe(1);
});
