import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { readNeighbour } from "../../dev/neighbour-check.ts";
import { countFaults } from "../faults/count.ts";
import { type Backend, plainTls, startBackend } from "../tunnel/cluster.ts";
import { ClusterBed } from "./cluster-bed.ts";
import { findLeftovers, nothing, processesOf, type Session } from "./leftovers.ts";

/**
 * The way through a real API server cut in the middle of an up: the run ends by itself and says what to
 * do, the next one finishes without hand work, and nothing stays behind.
 */

let cluster: ClusterBed;
let relay: Backend;
/** Whether a run is to be cut in its middle. */
let isSlow = false;
let neighbour: string;
const names: string[] = [];

beforeAll(async () => {
  cluster = await ClusterBed.open("db-cut");
  relay = await startBackend(leadOn);
  await cluster.forwardTo(relay.port);
  neighbour = await readNeighbour(cluster.bed.sandbox);
  cluster.bed.configure((config) => {
    delete config["berth:gitops"];
    config["berth:apps"] = {};
  });
});

afterAll(async () => {
  await relay.stop();
  await cluster.close();
});

/** Behind kwok: leads on to Postgres; slowly if the run must last long enough to be cut in the middle. */
function leadOn(socket: net.Socket): void {
  const target = net.connect(cluster.bed.sandbox.superuser.port, "127.0.0.1");
  const delayMs = isSlow ? 25 : 0;
  socket.on("data", (chunk) => {
    if (delayMs === 0) target.write(chunk);
    else setTimeout(() => target.write(chunk), delayMs);
  });
  target.pipe(socket);
  target.on("error", () => undefined);
  socket.once("close", () => target.destroy());
}

/** More for the next up to do. */
async function addApps(count: number, provisioner = "berth"): Promise<void> {
  const added = Array.from({ length: count }, (_, n) => `app${String(names.length + n)}`);
  names.push(...added);
  for (const name of added) {
    await cluster.bed.addLogin(`${name}-db-credentials`, name, passwordOf(name));
  }
  cluster.bed.configure((config) => {
    for (const name of added) config["berth:apps"][name] = { provisioner };
  });
}

const passwordOf = (name: string): string => `Canary-of-${name}-0123456789`;

/** Starts an up, and waits until it is in the middle of making databases. */
async function beginUp() {
  const { postgresLog } = cluster.bed.sandbox;
  writeFileSync(postgresLog, "");
  isSlow = true;
  const run = cluster.bed.startUp();
  const over = run.then(() => {
    isSlow = false;
    return true;
  });
  const sent = (): number => readFileSync(postgresLog, "utf8").split("CREATE DATABASE").length - 1;
  while (sent() < 2 && !(await Promise.race([over, delay(20, false)])));
  return { run };
}

/** One up without a cut does the rest, another has nothing to do, and every login works. */
async function expectConverged(): Promise<void> {
  // A CLI that was killed has left its lock.
  await cluster.bed.pulumi(["cancel", "--yes"]);
  await cluster.bed.bringUp();
  await cluster.bed.expectNoChanges();
  for (const name of names) {
    await cluster.bed.sqlAs({ name, password: passwordOf(name) }, name, "select 1");
  }
  expect(await readNeighbour(cluster.bed.sandbox)).toBe(neighbour);
  await expectNothingLeft();
}

/** No process (except those named), no local port, no port-forward, no session. */
async function expectNothingLeft(except: readonly string[] = []): Promise<void> {
  await expect.poll(() => findLeftovers(cluster, except), { interval: 200 }).toEqual(nothing);
}

/**
 * The same where sessions are left whose client could not say goodbye: a kubelet would then end them. kwok
 * does not, so it starts again when all else is gone.
 */
async function expectNothingLeftBut(
  isLeft: (session: Session) => boolean,
  except: readonly string[] = [],
): Promise<void> {
  const read = async () => {
    const { sessions, ...others } = await findLeftovers(cluster, except);
    return { ...others, sessions: sessions.filter((session) => !isLeft(session)) };
  };
  await expect.poll(read, { interval: 200 }).toEqual(nothing);
  await cluster.restartKwok();
  await expectNothingLeft(except);
}

const anySession = (): boolean => true;
/** Of the registry's provider, whose way is the program's tunnel: that goes with the engine. */
const stockSession = ({ name }: Session): boolean => name === "Terraform provider";

countFaults("of a cluster");

describe("an up in the middle of which", () => {
  it.each([
    ["berth", "closed", (socket: net.Socket) => void socket.end()],
    ["berth", "reset", (socket: net.Socket) => void socket.resetAndDestroy()],
    ["postgresql", "closed", (socket: net.Socket) => void socket.end()],
  ])(
    "with %s the Pod is replaced, its connections %s, ends and says what to do",
    async (...given) => {
      const [provisioner, , cut] = given;
      await addApps(6, provisioner);
      const { run } = await beginUp();
      for (const socket of relay.sockets) cut(socket);
      await cluster.replacePod();
      const { exitCode, all } = await run;
      expect(exitCode, all).not.toBe(0);
      expect(all).toMatch(/Pod "postgres-postgresql-0".* (was replaced or ended|is gone|broke)/);
      expect(all).toContain("run the same command again");
      await expectNothingLeft();
      await expectConverged();
    },
  );

  it("the API server crashes and comes back ends and says what to do", async () => {
    await addApps(6);
    const { run } = await beginUp();
    await cluster.restartApiServer();
    const { exitCode, all } = await run;
    expect(exitCode, all).not.toBe(0);
    expect(all).toMatch(/port-forward to Pod .* broke/);
    expect(all).toMatch(/run (the same command|pulumi up) again/);
    await expectNothingLeftBut(anySession);
    await expectConverged();
  });

  it("the port-forward is cut every second ends by itself", async () => {
    await addApps(12);
    const cutting = setInterval(() => {
      for (const socket of relay.sockets) socket.resetAndDestroy();
    }, 1_000);
    const { run } = await beginUp();
    const { exitCode, all } = await run;
    clearInterval(cutting);
    expect(exitCode, all).not.toBe(0);
    // Where a cut comes before anything was answered there is nothing to be continued, but a way to test.
    expect(all).toMatch(/run (the same command|pulumi up) again|test the way there with: kubectl/);
    await expectNothingLeft();
    await expectConverged();
  });

  it.each(["berth", "postgresql"])(
    "with %s Ctrl-C comes leaves nothing behind",
    async (provisioner) => {
      await addApps(6, provisioner);
      const { run } = await beginUp();
      process.kill(-(run.pid ?? 0), "SIGINT");
      const { exitCode, all } = await run;
      expect(exitCode, all).not.toBe(0);
      await expectNothingLeft();
      await expectConverged();
    },
  );

  it.each(["berth", "postgresql"])(
    "with %s the CLI is killed leaves nothing of Berth's behind",
    async (provisioner) => {
      await addApps(6, provisioner);
      const { run } = await beginUp();
      process.kill(run.pid ?? 0, "SIGKILL");
      const { signal } = await run;
      expect(signal).toBe("SIGKILL");
      // Both are Pulumi's own, and do not notice soon, or at all, that their engine is gone.
      const except = ["pulumi-language-nodejs", "pulumi-resource-postgresql"];
      try {
        if (provisioner === "berth") await expectNothingLeft(except);
        else await expectNothingLeftBut(stockSession, except);
      } finally {
        killAll();
      }
      await expectConverged();
    },
  );

  it("everything is killed leaves nothing of Berth's behind", async () => {
    await addApps(6);
    const { run } = await beginUp();
    killAll();
    await run;
    await expectNothingLeftBut(anySession);
    await expectConverged();
  });
});

/** As `kill -9` does it, all that a run has started. */
function killAll(): void {
  for (const pid of processesOf(cluster.bed.sandbox.home)) process.kill(Number(pid), "SIGKILL");
}

it("kwok, unlike a kubelet, keeps what a client left without Postgres' goodbye, though it closed its side", async () => {
  const endpoint = await openEndpoint(cluster.endpointSpec(), plainTls);
  const leave = async (goodbye: string, before: number): Promise<void> => {
    const stream = await endpoint.connect();
    await expect.poll(() => relay.sockets.size).toBe(before + 1);
    expect((await findLeftovers(cluster)).forwards).toBe(1);
    stream.resume().end(goodbye);
    await once(stream, "close");
    await expectNothingLeft();
  };
  await leave("", 0);
  await leave("X\0\0\0\u0004", 1);
  await endpoint.close();
  // Only the second, though the first is gone for longer.
  await expect.poll(() => relay.sockets.size).toBe(1);
  await cluster.restartKwok();
  await expect.poll(() => relay.sockets.size).toBe(0);
});

describe("pulumi import", () => {
  it("adopts through the tunnel what was made by hand, and leaves nothing behind", async () => {
    const name = "wiki";
    const { bed } = cluster;
    await bed.addLogin(`${name}-db-credentials`, name, passwordOf(name));
    await bed.sql(`create role ${name} login password '${passwordOf(name)}'`);
    await bed.sql(`create database ${name} owner ${name}`);
    await bed.sql(`grant ${name} to coachlight_admin with admin true, inherit true, set true`);
    bed.configure((config) => {
      config["berth:apps"][name] = { adopt: true };
    });
    names.push(name);
    const args = ["import", "berth:postgres:AppDatabase", name, name, "--yes"];
    const { exitCode, output } = await bed.pulumi(args);
    expect(exitCode, output).toBe(0);
    expect(output).toContain("= 1 imported");
    await expectNothingLeft();
    await expectConverged();
  });
});
