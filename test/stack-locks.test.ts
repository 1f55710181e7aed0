import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { explainLock, requireUnlocked } from "../components/engine/stack-locks.ts";

/** What Berth says of the locks that Pulumi keeps in a backend of files. */

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "berth-backend-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const backend = () => ({ folder, project: "berth" });
const lockFile = JSON.stringify({
  pid: 12,
  username: "alice",
  hostname: "laptop",
  timestamp: "2026-01-02T03:04:05.678901234+01:00",
});

function writeLock(stack: string, content: string, name = "0b5c.json", project = "berth"): string {
  const file = path.join(folder, ".pulumi/locks/organization", project, stack, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

test("a lock is explained by who holds it, since when, and the command that takes it away", () => {
  writeLock("prod", lockFile);
  expect(() => {
    requireUnlocked(backend(), "prod");
  }).toThrow(
    "stack prod: locked by alice@laptop (pid 12) since 2026-01-02T03:04:05+01:00\n  fix: wait for that run to end; if it was killed: pulumi cancel --stack prod",
  );
});

test("for the sandbox the command is one that finds the sandbox's backend", () => {
  writeLock("dev", lockFile);
  expect(explainLock(backend(), "dev")?.hint).toMatch(/killed: npm run pulumi -- cancel$/);
});

test.each([
  ["an empty temporary file", "", "0b5c.json.123.tmp"],
  ["half a lock", lockFile.slice(0, 20), "0b5c.json"],
  ["a file of another kind", "[]", "0b5c.json"],
])("%s, at which Pulumi stops, is named with its path", (_, content, name) => {
  const file = writeLock("prod", content, name);
  expect(explainLock(backend(), "prod")?.message).toContain(`the lock file ${file} is not whole`);
  expect(explainLock(backend(), "prod")?.hint).toContain("pulumi cancel --stack prod");
});

test.each([
  ["there is no backend of files", () => undefined],
  ["nobody has ever locked the stack", backend],
  [
    "the locks are another stack's or another project's, or a lock has attributes alone",
    () => {
      writeLock("test", lockFile);
      writeLock("prod", lockFile, "0b5c.json", "shop");
      writeLock("prod", "", "0b5c.json.attrs");
      return backend();
    },
  ],
])("nothing is in the way where %s", (_, given) => {
  requireUnlocked(given(), "prod");
});
