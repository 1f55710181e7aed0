import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { execaSync } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";
import { launcher } from "./provider-process.ts";

/** What an engine that is killed leaves in a backend of files, its provider takes away before it ends. */

const main = path.join(import.meta.dirname, "../../provider/main.ts");
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "berth-killed-engine-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** The pid of a process that is over. */
const gone = (): number => Number(execaSync("sh", ["-c", "echo $$"]).stdout);

const pendingState = JSON.stringify({
  version: 4,
  checkpoint: {
    latest: {
      pending_operations: [{ type: "creating", resource: { type: "berth:postgres:AppDatabase" } }],
    },
  },
});

function writeState(stack: string): string {
  const file = path.join(folder, `.pulumi/stacks/berth/${stack}.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, pendingState);
  return file;
}

function writeLock(stack: string, holder: object): string {
  const file = path.join(folder, `.pulumi/locks/organization/berth/${stack}/of-a-run.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(holder));
  return file;
}

const environment = () => ({
  ...process.env,
  PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
  PULUMI_BACKEND_URL: `file://${folder}`,
});

it("when it is killed while the provider serves", async () => {
  // A shell in the engine's place.
  const engine = spawn("sh", ["-c", `"${launcher}" 127.0.0.1:1 & wait`], {
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(engine.stdout, "data");
  const state = writeState("prod");
  const lock = writeLock("prod", { pid: engine.pid, hostname: hostname() });
  const kept = [
    writeLock("dev", { pid: process.pid, hostname: hostname() }),
    writeLock("test", { pid: engine.pid, hostname: "another-machine" }),
    writeLock("old", { pid: gone(), hostname: hostname() }),
    writeState("dev"),
  ];
  engine.kill("SIGKILL");
  await once(engine, "close");
  expect(existsSync(lock)).toBe(false);
  expect(readFileSync(state, "utf8")).not.toContain("creating");
  expect(kept.filter((file) => !existsSync(file))).toEqual([]);
  expect(readFileSync(kept.at(-1) ?? "", "utf8")).toBe(pendingState);
});

it("when it is killed before the provider could tell it the port", async () => {
  const engine = gone();
  const lock = writeLock("prod", { pid: engine, hostname: hostname() });
  const provider = spawn(process.execPath, [main], {
    env: { ...environment(), BERTH_ENGINE_PID: String(engine) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  provider.stdout.destroy();
  expect(await once(provider, "exit")).toEqual([0, null]);
  expect(existsSync(lock)).toBe(false);
});
