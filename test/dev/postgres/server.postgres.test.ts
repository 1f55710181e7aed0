import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectAsSuperuser } from "../../../dev/postgres/neighbour.ts";
import { findPlace } from "../../../dev/postgres/place.ts";
import { answersAsPostgres, freePort } from "../../../dev/postgres/ports.ts";
import { isServerOf } from "../../../dev/postgres/postmaster.ts";
import { preparePostgres } from "../../../dev/postgres/prepare.ts";
import { findSystemUser } from "../../../dev/postgres/run-as.ts";
import { removeServer, startServer, stopServer } from "../../../dev/postgres/server.ts";
import { isAlive } from "../../../toolchain/processes.ts";
import { useFolder } from "../../fakes/folder.ts";

const password = "super-secret-of-this-test";
const base = useFolder("server");
const home = join(base, "home");
const seconds = 1000;

beforeAll(async () => {
  // Also a directory the server's user can get at; the closed one has a test of its own.
  chmodSync(base, 0o755);
  await preparePostgres({ home, superuserPassword: password });
}, 60 * seconds);

afterAll(async () => {
  await removeServer(home);
}, 60 * seconds);

async function start(settings: Record<string, string> = {}) {
  return startServer({ home, port: await freePort(), settings });
}

async function ask(port: number, sql: string): Promise<unknown> {
  const client = await connectAsSuperuser({ host: "127.0.0.1", port, password }, "postgres");
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

test("a server starts on the loopback only, with SCRAM, UTF-8, checksums and the settings given", async () => {
  await stopServer(home);
  const server = await start({ log_statement: "ddl", "berth.note": "it's \\ here" });
  expect(server).toMatchObject({ host: "127.0.0.1", isReused: false });
  const setting = async (name: string) =>
    ask(server.port, `SELECT current_setting('${name}') AS answer`);
  expect(await setting("listen_addresses")).toBe("127.0.0.1");
  expect(await setting("unix_socket_directories")).toBe("");
  expect(await setting("log_statement")).toBe("ddl");
  expect(await setting("berth.note")).toBe("it's \\ here");
  expect(await setting("data_checksums")).toBe("on");
  expect(await setting("server_encoding")).toBe("UTF8");
  const methods = "SELECT array_agg(DISTINCT auth_method) AS answer FROM pg_hba_file_rules";
  expect(await ask(server.port, methods)).toEqual(["scram-sha-256"]);
  expect(existsSync(server.logFile)).toBe(true);
}, 20_000);

test("a running server is used as it is, and a second start at the same moment too", async () => {
  const first = await start();
  const again = await start();
  expect(again).toEqual({ ...first, isReused: true });
  await stopServer(home);
  const both = await Promise.all([start(), start()]);
  expect(both[0].pid).toBe(both[1].pid);
  expect(both.map((server) => server.port)).toEqual([both[0].port, both[0].port]);
}, 20_000);

test("a server killed with -9 is recovered, also while a client was busy", async () => {
  const server = await start();
  const client = await connectAsSuperuser({ ...server, password }, "postgres");
  const busy = client.query("SELECT pg_sleep(30)").catch(() => undefined);
  await sleep(100);
  process.kill(server.pid, "SIGKILL");
  await busy;
  const next = await start();
  expect(next.isReused).toBe(false);
  expect(next.pid).not.toBe(server.pid);
  expect(await ask(next.port, "SELECT 1 AS answer")).toBe(1);
}, 20_000);

test.runIf(process.platform === "linux")(
  "a stale pid file whose pid another process of the server's user has is seen through",
  async () => {
    await start();
    await stopServer(home);
    const stranger = spawn("sleep", ["60"], { cwd: "/", ...(findSystemUser() ?? {}) });
    try {
      const stale = [stranger.pid, findPlace(home).data, 0, 5432, "", "127.0.0.1", "", "ready", ""];
      writeFileSync(join(findPlace(home).data, "postmaster.pid"), stale.join("\n"));
      const server = await start();
      expect(server.isReused).toBe(false);
      expect(isAlive(stranger.pid ?? 0)).toBe(true);
    } finally {
      stranger.kill();
    }
  },
  20_000,
);

test("a stopped server is gone, and stopping it again says that none ran", async () => {
  const server = await start();
  expect(await answersAsPostgres(server.port)).toBe(true);
  expect(await stopServer(home)).toBe(true);
  expect(await answersAsPostgres(server.port)).toBe(false);
  expect(isServerOf(server.pid, findPlace(home).data)).toBe(false);
  expect(await stopServer(home)).toBe(false);
}, 20_000);

test("fails to start on a taken port with the reason and a fix, and keeps nothing running", async () => {
  await stopServer(home);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const other = await freePort(port);
  expect(other).toBeGreaterThanOrEqual(20_000);
  expect(other).toBeLessThan(30_000);
  await expect(startServer({ home, port })).rejects.toThrow(
    /it did not start on port \d+.*\n {2}fix: choose another port/s,
  );
  expect(await stopServer(home)).toBe(false);
  taken.close();
}, 20_000);

test("the server outlives the process that started it", async () => {
  await stopServer(home);
  const port = await freePort();
  const script = `
    import { startServer } from ${JSON.stringify(join(import.meta.dirname, "../../../dev/postgres/server.ts"))};
    await startServer({ home: ${JSON.stringify(home)}, port: ${String(port)} });`;
  execFileSync(process.execPath, ["--input-type=module-typescript", "-e", script], {
    timeout: 15_000,
  });
  expect((await start()).isReused).toBe(true);
  expect(await ask(port, "SELECT 1 AS answer")).toBe(1);
}, 20_000);

test("preparing again keeps the server and its password", async () => {
  await preparePostgres({ home, superuserPassword: "another one" });
  const { port } = await start();
  expect(await ask(port, "SELECT 1 AS answer")).toBe(1);
}, 20_000);

test("an interrupted initdb, and a data directory cut short, are made again", async () => {
  const broken = join(base, "broken");
  const dead = spawn("true");
  await new Promise((resolve) => dead.once("close", resolve));
  const draft = join(broken, `draft-${String(dead.pid)}-00000000`);
  mkdirSync(join(draft, "base"), { recursive: true });
  writeFileSync(`${draft}.verifier`, "");
  mkdirSync(join(broken, "data", "base"), { recursive: true });
  writeFileSync(join(broken, "data", "PG_VERSION"), "18\n");
  await preparePostgres({ home: broken, superuserPassword: password });
  expect(readdirSync(broken)).toEqual(["data"]);
  const server = await startServer({ home: broken, port: await freePort() });
  expect(await ask(server.port, "SELECT 1 AS answer")).toBe(1);
  await removeServer(broken);
  expect(existsSync(broken)).toBe(false);
  expect(await answersAsPostgres(server.port)).toBe(false);
}, 20_000);

test("a home nobody else may enter works too, and leaves nothing behind", async () => {
  const closed = useFolder("closed");
  const hidden = join(closed, "home");
  await preparePostgres({ home: hidden, superuserPassword: password });
  const server = await startServer({ home: hidden, port: await freePort() });
  const { root } = findPlace(hidden);
  expect(root === hidden).toBe(findSystemUser() === undefined);
  expect(await ask(server.port, "SELECT 1 AS answer")).toBe(1);
  await removeServer(hidden);
  expect([existsSync(root), existsSync(hidden)]).toEqual([false, false]);
}, 20_000);

test("neither the password nor its verifier stays in a file of the home", async () => {
  const { port, logFile } = await start();
  await ask(port, "SELECT 1 AS answer");
  expect(readdirSync(home).sort()).toEqual(["berth.conf", "data", "postgres.log"]);
  for (const file of [join(home, "berth.conf"), logFile]) {
    expect(readFileSync(file, "utf8")).not.toMatch(/super-secret|SCRAM-SHA-256\$/);
  }
}, 20_000);
