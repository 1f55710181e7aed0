import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { countFaults } from "../faults/count.ts";
import { openGround } from "./ground.ts";
import { useBed } from "./use-bed.ts";

/**
 * `pulumi up` stopped by Ctrl-C. Only the real engine shows what state it keeps of that; `cluster/cut.full.test.ts`
 * has runs that are cut off.
 */

const names = Array.from({ length: 16 }, (_, index) => `app${String(index)}`);

const bed = useBed();

beforeAll(async () => {
  for (const name of names) {
    await bed.addLogin(`${name}-db-credentials`, name, `Canary-of-${name}-0123456789`);
  }
  bed.configure((config) => {
    config["berth:apps"] = Object.fromEntries(names.map((name) => [name, {}]));
  });
});

countFaults("runs that are stopped", () => openGround(bed));

/** Waits until the server has been sent so many statements of a kind since the log was emptied. */
async function untilSent(statement: string, times: number): Promise<void> {
  const isEnough = (): boolean =>
    readFileSync(bed.sandbox.postgresLog, "utf8").split(`statement: ${statement}`).length > times;
  while (!isEnough()) await delay(20);
}

/** What state says of each app's database: name → whether all of it was done. */
async function readState(): Promise<Map<string, boolean>> {
  const { output } = await bed.pulumi(["stack", "export"]);
  const { deployment } = JSON.parse(output.slice(output.indexOf("{"))) as {
    deployment: {
      resources: { type: string; id?: string; outputs?: Record<string, unknown> }[];
      pending_operations?: unknown[];
    };
  };
  expect(deployment.pending_operations ?? []).toEqual([]);
  const databases = deployment.resources.filter(({ type }) => type.endsWith(":AppDatabase"));
  return new Map(databases.map(({ id = "", outputs }) => [id, outputs?.["incomplete"] !== true]));
}

async function readDatabases(): Promise<string[]> {
  const sql = "select datname as name from pg_database where datname like 'app%'";
  return (await bed.sql<{ name: string }>(sql)).map(({ name }) => name).toSorted();
}

it("an up of many apps that Ctrl-C stops ends between two statements, state says what was done, and the next finishes", async () => {
  writeFileSync(bed.sandbox.postgresLog, "");
  const run = bed.startUp();
  await untilSent("CREATE DATABASE", 3);
  // To all of its processes, as a terminal does.
  process.kill(-(run.pid ?? 0), "SIGINT");
  const { exitCode, all } = await run;
  expect(exitCode, all).not.toBe(0);
  const made = await readDatabases();
  expect(made.length).toBeGreaterThan(0);
  expect(made.length).toBeLessThan(names.length);
  const state = await readState();
  expect([...state.keys()]).toEqual(expect.arrayContaining(made));
  for (const [name, isComplete] of state) if (isComplete) expect(made).toContain(name);
  const open = "select from pg_stat_activity where usename = 'coachlight_admin'";
  expect(await bed.sql(open)).toEqual([]);
  await bed.bringUp();
  await bed.expectNoChanges();
  expect(await readDatabases()).toEqual(names.toSorted());
  for (const name of names) {
    await bed.sqlAs({ name, password: `Canary-of-${name}-0123456789` }, name, "select 1");
  }
});
