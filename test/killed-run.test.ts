import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { execaSync } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endKilledRuns, endRun } from "../components/engine/killed-run.ts";

/** What a run that was killed leaves in a backend of files goes, and nothing else. */

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "berth-backend-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string): string {
  const file = path.join(folder, ".pulumi", name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const lockOf = (pid: number, host = hostname(), project = "berth") =>
  write(
    `locks/organization/${project}/prod/lock.json`,
    JSON.stringify({ pid, username: "alice", hostname: host, timestamp: "2026-01-01T00:00:00Z" }),
  );

/** The pid of a process that is over. */
const gone = (): number => Number(execaSync("sh", ["-c", "echo $$"]).stdout);

test("the lock of a process that is gone", () => {
  const lock = lockOf(gone());
  endKilledRuns({ folder, project: "berth" });
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ["a living process", () => lockOf(process.pid)],
  // Not ours, so that it may not be signalled where the tests do not run as root.
  ["another user's process", () => lockOf(1)],
  ["another machine's process", () => lockOf(gone(), "another-machine")],
])("not the lock of %s", (_, make) => {
  const lock = make();
  endKilledRuns({ folder, project: "berth" });
  expect(existsSync(lock)).toBe(true);
});

/** State as Pulumi writes it. */
const stateWith = (...operations: readonly string[]): string => stateOf("berth", operations);

const stateOf = (packageName: string, operations: readonly string[]): string =>
  JSON.stringify({
    version: 4,
    checkpoint: {
      stack: "organization/berth/prod",
      latest: {
        resources: [{ urn: "urn:of-wiki", outputs: { share: 0.1, text: "<>&\u2028 é" } }],
        pending_operations: operations.map((type) => ({
          resource: { urn: "urn:of-shop", type: `${packageName}:postgres:AppDatabase` },
          type,
        })),
      },
    },
  });

test("the creates that it had begun, and nothing else of the state", () => {
  lockOf(gone());
  const state = write("stacks/berth/prod.json", stateWith("creating", "updating", "creating"));
  const attributes = write("stacks/berth/prod.json.attrs", '{"md5":"b2xk"}');
  const others = write("stacks/berth/dev.json", stateWith("creating"));
  const { mode } = statSync(state);
  endKilledRuns({ folder, project: "berth" });
  expect(readFileSync(state, "utf8")).toBe(stateWith("updating"));
  expect(statSync(state).mode).toBe(mode);
  expect(existsSync(attributes)).toBe(false);
  expect(readFileSync(others, "utf8")).toBe(stateWith("creating"));
  expect(readdirSync(path.join(folder, ".pulumi/stacks/berth"))).toEqual(["dev.json", "prod.json"]);
});

test.each([
  ["has nothing begun", () => stateWith()],
  ["was cut off", () => stateWith("creating").slice(0, -9)],
  ["is of a kind that is not known", () => JSON.stringify([stateWith("creating")])],
])("its lock beside a state that %s, which stays as it is", (_, make) => {
  const lock = lockOf(gone());
  const state = write("stacks/berth/prod.json", make());
  endKilledRuns({ folder, project: "berth" });
  expect(existsSync(lock)).toBe(false);
  expect(readFileSync(state, "utf8")).toBe(make());
});

test("the creates of a run that took its lock away itself", () => {
  const lock = path.join(folder, ".pulumi/locks/organization/berth/prod/lock.json");
  mkdirSync(path.dirname(lock), { recursive: true });
  const state = write("stacks/berth/prod.json", stateWith("creating"));
  endRun({ folder, project: "berth" }, lock);
  expect(readFileSync(state, "utf8")).toBe(stateWith());
  expect(readdirSync(path.dirname(lock))).toEqual([]);
});

test("none of them once another run has begun", () => {
  const other = lockOf(process.pid);
  const state = write("stacks/berth/prod.json", stateWith("creating"));
  endRun({ folder, project: "berth" }, path.join(path.dirname(other), "earlier.json"));
  expect(readFileSync(state, "utf8")).toBe(stateWith("creating"));
  expect(readdirSync(path.dirname(other))).toEqual([path.basename(other)]);
});

test("nothing of another project's", () => {
  const lock = lockOf(gone(), hostname(), "shop");
  const state = write("stacks/shop/prod.json", stateWith("creating"));
  endKilledRuns({ folder, project: "berth" });
  expect(existsSync(lock)).toBe(true);
  expect(readFileSync(state, "utf8")).toBe(stateWith("creating"));
});

test("no creates of what somebody has added to the program, which the next run does not look for", () => {
  lockOf(gone());
  const state = write("stacks/berth/prod.json", stateOf("aws", ["creating"]));
  endKilledRuns({ folder, project: "berth" });
  expect(readFileSync(state, "utf8")).toBe(stateOf("aws", ["creating"]));
});

test("no creates of a run that goes on", () => {
  lockOf(process.pid);
  const state = write("stacks/berth/prod.json", stateWith("creating"));
  endKilledRuns({ folder, project: "berth" });
  expect(readFileSync(state, "utf8")).toBe(stateWith("creating"));
});

test("what another process was killed over while it took it away", () => {
  const lock = write(
    "locks/organization/berth/prod/lock.ending.json",
    JSON.stringify({ pid: gone(), hostname: hostname() }),
  );
  const state = write("stacks/berth/prod.json", stateWith("creating"));
  write("stacks/berth/prod.json.partial", "{");
  endKilledRuns({ folder, project: "berth" });
  expect(existsSync(lock)).toBe(false);
  expect(readFileSync(state, "utf8")).toBe(stateWith());
});

test("an empty .attrs file, and no state", () => {
  const attributes = write("stacks/berth/prod.json.attrs", "");
  const kept = [
    write("stacks/berth/prod.json", ""),
    write("stacks/berth/dev.json.attrs", "{}"),
    write("meta.yaml", "version: 1"),
  ];
  endKilledRuns({ folder, project: "berth" });
  expect(existsSync(attributes)).toBe(false);
  expect(kept.filter((file) => !existsSync(file))).toEqual([]);
});
