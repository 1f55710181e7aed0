import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noteOwnLock, releaseOwnLock } from "../../../dev/pulumi/own-lock.ts";
import type { Sandbox } from "../../../dev/sandbox.ts";
import { readJsonIfThere } from "../../../toolchain/read-if-there.ts";

/** The sandbox takes away the lock of a killed run only where it can prove that it is its own and the run over. */

let home: string;
let sandbox: Sandbox;
let run: ChildProcess;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "berth-own-lock-"));
  sandbox = { home, stack: "dev" } as Sandbox;
  run = spawn("sleep", ["600"], { stdio: "ignore" });
});

afterEach(() => {
  run.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

const note = () => path.join(home, "own-lock.json");

function writeLock(pid: number, id = "0b5c"): string {
  const file = path.join(home, `state/.pulumi/locks/organization/berth/dev/${id}.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  const timestamp = new Date().toISOString();
  writeFileSync(file, JSON.stringify({ pid, username: "alice", hostname: hostname(), timestamp }));
  return file;
}

/** The lock of a run on the sandbox, once the run has noted it. */
async function lockOfRun(): Promise<string> {
  const { pid = 0 } = run;
  const noting = noteOwnLock(sandbox, pid);
  const lock = writeLock(pid);
  await expect.poll(() => existsSync(note())).toBe(true);
  noting.stop();
  return lock;
}

async function kill(): Promise<void> {
  run.kill("SIGKILL");
  await once(run, "exit");
}

function editNote(change: object): void {
  writeFileSync(note(), JSON.stringify({ ...JSON.parse(readFileSync(note(), "utf8")), ...change }));
}

describe("the lock of a run that was killed", () => {
  it("is taken away", async () => {
    const lock = await lockOfRun();
    await kill();
    releaseOwnLock(sandbox);
    expect(existsSync(lock)).toBe(false);
  });

  it("is taken away where its pid is another process's by now", async () => {
    const lock = await lockOfRun();
    editNote({ start: "1" });
    releaseOwnLock(sandbox);
    expect(existsSync(lock)).toBe(false);
  });

  it("stays where the note is of another boot or pid namespace", async () => {
    const lock = await lockOfRun();
    await kill();
    editNote({ pidSpace: "of another boot" });
    releaseOwnLock(sandbox);
    expect(existsSync(lock)).toBe(true);
  });

  it("stays where there is no note, or half of one", async () => {
    const lock = await lockOfRun();
    await kill();
    for (const content of ["", '{"lock":"0b5c.json"']) {
      writeFileSync(note(), content);
      releaseOwnLock(sandbox);
    }
    rmSync(note());
    releaseOwnLock(sandbox);
    expect(existsSync(lock)).toBe(true);
  });
});

describe("left alone is", () => {
  it("the lock of a run that goes on", async () => {
    const lock = await lockOfRun();
    releaseOwnLock(sandbox);
    expect(existsSync(lock)).toBe(true);
  });

  it("another lock than the one in the note, though its pid is the same", async () => {
    const { pid = 0 } = run;
    const own = await lockOfRun();
    const other = writeLock(pid, "77aa");
    await kill();
    releaseOwnLock(sandbox);
    expect([existsSync(own), existsSync(other)]).toEqual([false, true]);
  });

  it.runIf(process.platform === "linux" && process.getuid?.() === 0)(
    "the lock that a run in another pid namespace holds and has noted",
    async () => {
      const script = `import { noteOwnLock } from "./dev/pulumi/own-lock.ts";
        import { mkdirSync, writeFileSync } from "node:fs";
        import { hostname } from "node:os";
        const sandbox = ${JSON.stringify(sandbox)};
        const locks = sandbox.home + "/state/.pulumi/locks/organization/berth/dev";
        noteOwnLock(sandbox, process.pid);
        mkdirSync(locks, { recursive: true });
        writeFileSync(locks + "/0b5c.json", JSON.stringify({ pid: process.pid, username: "alice", hostname: hostname(), timestamp: new Date().toISOString() }));
        setInterval(() => {}, 1000);`;
      const node = [process.execPath, "--input-type=module", "--eval", script];
      run = spawn("unshare", ["--pid", "--fork", "--mount-proc", "--kill-child", ...node], {
        cwd: path.join(import.meta.dirname, "../../.."),
        stdio: ["ignore", "ignore", "inherit"],
      });
      // The run may still be writing it.
      const read = () => readJsonIfThere(note());
      await expect.poll(read).toBeDefined();
      const { pid, lock } = read() as { readonly pid: number; readonly lock: string };
      // To this namespace the run's pid is one of the system's.
      expect(pid).toBeLessThan(10);
      releaseOwnLock(sandbox);
      const folder = path.join(home, "state/.pulumi/locks/organization/berth/dev");
      expect(existsSync(path.join(folder, lock))).toBe(true);
    },
  );
});
