import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, startCluster } from "../tunnel/cluster.ts";
import { Bed } from "./bed.ts";
import { untilUnlocked } from "./cli-processes.ts";

/** `pulumi up` stopped by Ctrl-C, held up by another run, or cut off from the server in the middle. */

const names = Array.from({ length: 16 }, (_, index) => `app${String(index)}`);

let bed: Bed;
let cluster: Cluster;

beforeAll(async () => {
  bed = await Bed.open();
  cluster = await startCluster();
  cluster.leadTo(bed.sandbox.superuser.port);
  await addLogins(names);
  bed.configure((config) => {
    const { namespace, target, port, localPort } = cluster.spec();
    const { kubeconfig } = cluster;
    config["berth:postgres"]["endpoint"] = {
      kubernetes: { kubeconfig, namespace, service: target.name, port, localPort },
    };
    config["berth:apps"] = Object.fromEntries(names.map((name) => [name, {}]));
  });
});

afterAll(async () => {
  await cluster.stop();
  await bed.close();
});

async function addLogins(apps: readonly string[]): Promise<void> {
  for (const name of apps) {
    await bed.addLogin(`${name}-db-credentials`, name, `Canary-of-${name}-0123456789`);
  }
}

/** Waits until the server has been sent so many statements of a kind since the log was emptied. */
async function untilSent(statement: string, times: number): Promise<void> {
  const isEnough = (): boolean =>
    readFileSync(bed.sandbox.postgresLog, "utf8").split(`statement: ${statement}`).length > times;
  while (!isEnough()) await delay(20);
}

/** Runs up and sends a signal to all of its processes, as a terminal does, once three databases are begun. */
async function stopUp(signal: NodeJS.Signals, env: Record<string, string> = {}): Promise<void> {
  writeFileSync(bed.sandbox.postgresLog, "");
  const run = bed.startUp(env);
  await untilSent("CREATE DATABASE", 3);
  process.kill(-(run.pid ?? 0), signal);
  const { exitCode, all } = await run;
  expect(exitCode, all).not.toBe(0);
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

async function expectFinished(): Promise<void> {
  const { exitCode, output } = await bed.up();
  expect(exitCode, output).toBe(0);
  expect((await bed.preview("--expect-no-changes")).exitCode).toBe(0);
  expect(await readDatabases()).toEqual(names.toSorted());
  for (const name of names) {
    await bed.sqlAs({ name, password: `Canary-of-${name}-0123456789` }, name, "select 1");
  }
}

describe("an up of many apps", () => {
  it("that Ctrl-C stops ends between two statements, and state tells what was done", async () => {
    await stopUp("SIGINT");
    const made = await readDatabases();
    expect(made.length).toBeGreaterThan(0);
    expect(made.length).toBeLessThan(names.length);
    const state = await readState();
    expect([...state.keys()]).toEqual(expect.arrayContaining(made));
    for (const [name, isComplete] of state) if (isComplete) expect(made).toContain(name);
    const open = "select from pg_stat_activity where usename = 'coachlight_admin'";
    expect(await bed.sql(open)).toEqual([]);
  });

  it("that is cut off from the server says so, and the next finishes", async () => {
    writeFileSync(bed.sandbox.postgresLog, "");
    const running = bed.up();
    await untilSent("CREATE DATABASE", 2);
    cluster.api.cut();
    const { exitCode, output } = await running;
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(/the port-forward to Pod .*postgres-0.* broke/);
    expect(output).toContain("what was done is found and kept");
    await expectFinished();
  });

  it("waits 30 s for another run that writes, then says who that is, and has written nothing", async () => {
    const { host, port, password } = bed.sandbox.superuser;
    const other = new Client({
      ...{ host, port, password, user: "postgres", database: "postgres" },
      application_name: "berth alice@laptop",
    });
    await other.connect();
    await other.query("select pg_advisory_lock(422608794728)");
    const restore = bed.configure((config) => {
      config["berth:apps"] = { ...config["berth:apps"], app0: { owner: { connectionLimit: 7 } } };
    });
    const held = await bed.up();
    expect(held.exitCode).not.toBe(0);
    expect(held.output).toMatch(
      /another run writes to this server; waited 30 s for it: berth alice@laptop \(role postgres, pid \d+\)/,
    );
    const limit = "select rolconnlimit as n from pg_roles where rolname = 'app0'";
    expect(await bed.sql(limit)).toEqual([{ n: -1 }]);
    await other.end();
    expect((await bed.up()).exitCode).toBe(0);
    expect(await bed.sql(limit)).toEqual([{ n: 7 }]);
    restore();
  });

  it("that was killed while Pulumi wrote no state in between is taken up by the next all the same", async () => {
    const late = Array.from({ length: 6 }, (_, index) => `app${String(names.length + index)}`);
    await addLogins(late);
    names.push(...late);
    bed.configure((config) => {
      config["berth:apps"] = Object.fromEntries(names.map((name) => [name, {}]));
    });
    await stopUp("SIGKILL", { PULUMI_SKIP_CHECKPOINTS: "true" });
    await untilUnlocked(bed);
    const made = await readDatabases();
    expect(late.filter((name) => made.includes(name))).not.toEqual([]);
    const state = await readState();
    expect(late.filter((name) => state.has(name))).toEqual([]);
    await expectFinished();
  });
});
