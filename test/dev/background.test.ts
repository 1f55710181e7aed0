import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findRunning, startInBackground, stopInBackground } from "../../dev/background.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "berth-background-"));
});

afterEach(() => {
  rmSync(home, { recursive: true });
});

function start(script: string) {
  const files = { pidFile: path.join(home, "pid"), logFile: path.join(home, "log") };
  startInBackground({ ...files, args: ["-e", script] });
  return { ...files, readLog: () => readFileSync(files.logFile, "utf8") };
}

test("a program that ends writes its exit code to the log, below what it said", async () => {
  const { pidFile, readLog } = start("console.log('no port'); process.exitCode = 3");
  await expect.poll(readLog).toBe("no port\nended by itself, exit code 3\n");
  expect(findRunning(pidFile)).toBeUndefined();
});

test("a program that is killed writes by which signal", async () => {
  const { pidFile, readLog } = start("setInterval(() => undefined, 1000)");
  expect(findRunning(pidFile)).toBeGreaterThan(0);
  expect(await stopInBackground(pidFile, "SIGKILL")).toBe(true);
  await expect.poll(readLog).toBe("ended by SIGKILL\n");
});

const canTell = existsSync("/proc/self/cmdline");
test.runIf(canTell)(
  "a process with the pid of a program that has ended is left alone",
  async () => {
    const files = { pidFile: path.join(home, "pid"), logFile: path.join(home, "log") };
    // Another program with the same pid, from the moment at which this one is to end.
    const script = "trap 'exec sleep 60' TERM; echo ready; while :; do sleep 0.1; done";
    const pid = startInBackground({ ...files, command: "sh", args: ["-c", script] });
    await expect.poll(() => readFileSync(files.logFile, "utf8")).toBe("ready\n");
    expect(await stopInBackground(files.pidFile)).toBe(true);
    process.kill(pid, "SIGINT");
    await expect.poll(() => readFileSync(files.logFile, "utf8")).toBe("ready\nended by SIGINT\n");
  },
);
