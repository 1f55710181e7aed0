import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readNeighbour } from "../../dev/neighbour-check.ts";
import { startServer, stopServer } from "../../dev/postgres/server.ts";
import { ensureStack } from "../../dev/pulumi-cli.ts";
import { type Cluster, startCluster } from "../tunnel/cluster.ts";
import { Bed } from "./bed.ts";
import { findStarted, killQuietly, pendingOperations, untilUnlocked } from "./cli-processes.ts";
import { seeded } from "./seeded.ts";

/**
 * Runs that end before they are done, each by what really ends them: kill -9 of the CLI, of the program or
 * of the provider at random moments, Ctrl-C twice, the tunnel, the server. The next `pulumi up` finishes
 * without hand work. BERTH_SEED repeats the moments of an earlier run.
 */

const names = Array.from({ length: 20 }, (_, n) => `app${String(n + 1).padStart(2, "0")}`);
const seed = Number(process.env["BERTH_SEED"] ?? Date.now() % 1_000_000);
const random = seeded(seed);

let bed: Bed;
let cluster: Cluster;
let neighbourBefore: string;

beforeAll(async () => {
  bed = await Bed.open();
  cluster = await startCluster();
  cluster.leadTo(bed.sandbox.superuser.port);
  neighbourBefore = await readNeighbour(bed.sandbox);
  for (const name of names) {
    await bed.addLogin(`${name}-db-credentials`, name, `Canary-of-${name}-0123456789`);
  }
  bed.configure((config) => {
    delete config["berth:gitops"];
  });
});

afterAll(async () => {
  await cluster.stop();
  await bed.close();
});

/** The first so many apps, each with this connection limit, so that every run has something to do. */
function haveApps(count: number, connectionLimit: number): void {
  bed.configure((config) => {
    const entry = { database: { connectionLimit } };
    config["berth:apps"] = Object.fromEntries(names.slice(0, count).map((name) => [name, entry]));
  });
}

function startUp() {
  const run = bed.startUp();
  let text = "";
  let isOver = false;
  void run.then(() => {
    isOver = true;
  });
  run.all.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const until = async (pattern: RegExp, count: number): Promise<void> => {
    while ([...text.matchAll(pattern)].length < count && !isOver) await delay(10);
  };
  return {
    run,
    isOver: () => isOver,
    /** Until the run has begun to change something on the server, or is over. */
    begun: () => until(/AppDatabase app\d+ (creating|updating)/g, 1),
    /** Until so many apps are done, or the run is over. */
    done: (count: number) => until(/AppDatabase app\d+ (created|updated)/g, count),
  };
}

/** Kills one of a run's processes: half the time while it starts, half while it changes the server. */
async function killAtRandom(victim: string) {
  const { run, isOver, done } = startUp();
  const wait = Math.round(random() * (random() < 0.5 ? 3_000 : 100));
  const count = wait > 100 ? 0 : Math.floor(random() * 20);
  await done(count);
  await delay(wait);
  let pid: number | undefined;
  while (pid === undefined && !isOver()) pid = await findVictim(run.pid ?? 0, victim);
  const isOutlived = (await findVictim(run.pid ?? 0, "the provider")) !== undefined;
  if (pid !== undefined) killQuietly(pid, "SIGKILL");
  const { exitCode } = await run;
  const moment = `${String(wait)} ms after ${count === 0 ? "the start" : `${String(count)} apps`}`;
  return { moment, isKilled: exitCode !== 0, isOutlived };
}

/** The stack's state and all that it made gone, as before the first run. */
async function forget(): Promise<void> {
  rmSync(`${bed.sandbox.home}/state/.pulumi/stacks`, { recursive: true, force: true });
  await ensureStack(bed.toolchain, bed.sandbox);
  for (const name of names) {
    await bed.sql(`drop database if exists ${name} with (force)`);
    await bed.sql(`drop role if exists ${name}`);
  }
}

async function keepRows(): Promise<void> {
  await bed.sql("create table kept as select generate_series(1, 3) as id", "app01");
}

/** Every database once, with this limit, and its role as a member of what the stack made. */
async function expectAllThere(limit: number): Promise<void> {
  const databases = await bed.sql<{ count: string }>(
    `select count(*) from pg_database where datname like 'app%' and datconnlimit = ${String(limit)}`,
  );
  expect(databases).toEqual([{ count: "20" }]);
  const roles = await bed.sql<{ count: string }>(
    "select count(distinct member) from pg_auth_members where roleid = 'berth_dev'::regrole and member::regrole::text like 'app%'",
  );
  expect(roles).toEqual([{ count: "20" }]);
}

/** The CLI, or the program or provider that it started; undefined = not there (yet). */
async function findVictim(cli: number, victim: string): Promise<number | undefined> {
  return victim === "the CLI" ? cli : (await findStarted(cli, victim))[0];
}

/** As a terminal does it, with so many milliseconds in between. */
async function interruptTwice(cli: number, gap: number): Promise<void> {
  killQuietly(-cli, "SIGINT");
  await delay(gap);
  killQuietly(-cli, "SIGINT");
}

async function expectConverged(): Promise<void> {
  const { exitCode, output } = await bed.up();
  expect(exitCode, output).toBe(0);
  expect((await bed.preview("--expect-no-changes")).exitCode).toBe(0);
  expect(await bed.sql("select id from kept", "app01")).toHaveLength(3);
  for (const name of names) {
    await bed.sqlAs({ name, password: `Canary-of-${name}-0123456789` }, name, "select 1");
  }
  expect(await readNeighbour(bed.sandbox)).toBe(neighbourBefore);
}

describe("an end by force", () => {
  it(`kill -9 at 20 random moments of an up of 20 apps (BERTH_SEED=${String(seed)}), and one up finishes each`, async () => {
    const log: string[] = [];
    let limit = 1;
    for (let kills = 0; kills < 20; limit += 1) {
      // A run may be over before its moment comes; that one does not count.
      expect(log.length, log.join("\n")).toBeLessThan(60);
      const isFirst = kills % 2 === 0;
      if (isFirst) await forget();
      haveApps(20, limit);
      const victim = ["the CLI", "the program", "the provider"][Math.floor(random() * 3)] ?? "";
      const { moment, isKilled, isOutlived } = await killAtRandom(victim);
      log.push(`${isFirst ? "create" : "update"}: ${victim} ${moment}${isKilled ? "" : ": over"}`);
      process.stderr.write(`${log.at(-1) ?? ""}\n`);
      // In the CLI's first moments nobody is there yet to take its lock away.
      if (isOutlived) await untilUnlocked(bed);
      else if (victim === "the CLI") await bed.pulumi(["cancel", "--yes"]);
      const { exitCode, output } = await bed.up();
      expect(exitCode, output).toBe(0);
      expect(await pendingOperations(bed)).toEqual([]);
      await expectAllThere(limit);
      if (isFirst) await keepRows();
      else expect(await bed.sql("select id from kept", "app01")).toHaveLength(3);
      if (isKilled) kills += 1;
    }
    await expectConverged();
  }, 900_000);

  it.each([0, 5, 12])(
    "kill -9 of the CLI alone, after %i apps: the next up needs no hand",
    async (count) => {
      await forget();
      haveApps(20, 30);
      const up = startUp();
      await (count === 0 ? up.begun() : up.done(count));
      killQuietly(up.run.pid ?? 0, "SIGKILL");
      await up.run;
      await untilUnlocked(bed);
      const { exitCode, output } = await bed.up();
      expect(exitCode, output).toBe(0);
      expect(output).not.toContain("pending operations");
      expect(await pendingOperations(bed)).toEqual([]);
      await expectAllThere(30);
    },
  );

  it("kill -9 of all at once, as when the machine goes down: what README says clears it", async () => {
    await forget();
    haveApps(20, 30);
    const up = startUp();
    await up.done(5);
    const cli = up.run.pid ?? 0;
    const providers = await findStarted(cli, "the provider");
    for (const pid of providers) killQuietly(pid, "SIGSTOP");
    killQuietly(cli, "SIGKILL");
    for (const pid of providers) killQuietly(pid, "SIGKILL");
    await up.run;
    expect((await bed.up()).output).toContain("the stack is currently locked");
    await bed.pulumi(["cancel", "--yes"]);
    const { exitCode, output } = await bed.up();
    expect(exitCode, output).toBe(0);
    expect(output).toContain("pending operations from previous deployment");
    await expectAllThere(30);
    await bed.pulumi(["refresh", "--yes", "--clear-pending-creates"]);
    expect(await pendingOperations(bed)).toEqual([]);
  });

  it("Ctrl-C twice at once, for which Pulumi leaves alone what it had begun: the next up needs no hand", async () => {
    await forget();
    haveApps(20, 30);
    const { run, begun } = startUp();
    await begun();
    await interruptTwice(run.pid ?? 0, 20);
    expect((await run).exitCode).not.toBe(0);
    await expect.poll(() => pendingOperations(bed), { timeout: 30_000 }).toEqual([]);
    const { exitCode, output } = await bed.up();
    expect(exitCode, output).toBe(0);
    expect(output).not.toContain("pending operations");
    await expectAllThere(30);
  });
});

describe("a run in the middle of which", () => {
  beforeAll(async () => {
    await forget();
    haveApps(20, 30);
    const { exitCode, output } = await bed.up();
    expect(exitCode, output).toBe(0);
    await keepRows();
  });

  it("Ctrl-C comes twice is finished by the next", async () => {
    haveApps(20, 31);
    const { run, begun } = startUp();
    await begun();
    await interruptTwice(run.pid ?? 0, 300);
    const { all } = await run;
    expect(all).toContain("^C received; cancelling");
    await expectConverged();
    expect(await pendingOperations(bed)).toEqual([]);
  });

  it("the server stops says what to do, and is finished by the next", async () => {
    haveApps(20, 32);
    const { run, begun } = startUp();
    await begun();
    const home = `${bed.sandbox.home}/postgres`;
    const { port } = bed.sandbox.superuser;
    await stopServer(home);
    const { exitCode, all } = await run;
    await startServer({ home, port, settings: { log_statement: "all" } });
    expect(exitCode).not.toBe(0);
    expect(all).toMatch(/run pulumi up again|run the same command again|pg_isready/);
    await expectConverged();
    expect(await pendingOperations(bed)).toEqual([]);
  });

  it("the tunnel breaks says what to do, and is finished by the next", async () => {
    haveApps(20, 33);
    bed.configure((config) => {
      const { namespace, target, port } = cluster.spec();
      const { kubeconfig } = cluster;
      config["berth:postgres"]["endpoint"] = {
        kubernetes: { kubeconfig, namespace, service: target.name, port },
      };
    });
    const { run, begun } = startUp();
    await begun();
    cluster.api.cut();
    const { exitCode, all } = await run;
    // It may have been over, or have opened another tunnel in time.
    if (exitCode !== 0) expect(all).toMatch(/run (pulumi up|the same command) again/);
    await expectConverged();
    expect(await pendingOperations(bed)).toEqual([]);
  });

  it("another begins: the other one says who holds the lock, and this one ends well", async () => {
    haveApps(20, 34);
    const { run, begun } = startUp();
    await begun();
    const second = await bed.up();
    const first = await run;
    expect(first.exitCode).toBe(0);
    expect(second.exitCode).not.toBe(0);
    expect(second.output).toContain("the stack is currently locked by 1 lock(s)");
    expect(second.output).toMatch(/created by .+@.+ \(pid \d+\)/);
    await expectConverged();
  });
});
