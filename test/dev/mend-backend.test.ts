import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { execaSync } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mendBackend } from "../../dev/mend-backend.ts";

/** What killed runs leave in a backend of files goes, and nothing else. */

let backend: string;

beforeEach(() => {
  backend = mkdtempSync(path.join(tmpdir(), "berth-backend-"));
});

afterEach(() => {
  rmSync(backend, { recursive: true, force: true });
});

function write(name: string, content: string): string {
  const file = path.join(backend, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const lockOf = (pid: number, host = hostname()) =>
  write(
    "locks/organization/berth/prod/lock.json",
    JSON.stringify({ pid, username: "alice", hostname: host, timestamp: "2026-01-01T00:00:00Z" }),
  );

/** The pid of a process that is over. */
const gone = (): number => Number(execaSync("sh", ["-c", "echo $$"]).stdout);

test("the lock of a process that is gone", () => {
  const lock = lockOf(gone());
  mendBackend(backend);
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ["a living process", () => lockOf(process.pid)],
  // Not ours, so that it may not be signalled where the tests do not run as root.
  ["another user's process", () => lockOf(1)],
  ["another machine's process", () => lockOf(gone(), "another-machine")],
])("not the lock of %s", (_, make) => {
  const lock = make();
  mendBackend(backend);
  expect(existsSync(lock)).toBe(true);
});

test("an empty .attrs file, and no state", () => {
  const attributes = write("stacks/berth/prod.json.attrs", "");
  const kept = [
    write("stacks/berth/prod.json", ""),
    write("stacks/berth/dev.json.attrs", "{}"),
    write("meta.yaml", "version: 1"),
  ];
  mendBackend(backend);
  expect(existsSync(attributes)).toBe(false);
  expect(kept.filter((file) => !existsSync(file))).toEqual([]);
});
