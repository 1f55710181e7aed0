import { mkdtempSync, readFileSync, rmSync } from "node:fs";
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
