import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "../../toolchain/lock.ts";

let scratch: string;
let lock: string;
const lines: string[] = [];
const report = (line: string) => lines.push(line);

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "berth-lock-"));
  lock = join(scratch, "cache", "lock");
  lines.length = 0;
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Another process that holds the lock until it is killed. */
async function startOwner(): Promise<ChildProcess> {
  const module = join(import.meta.dirname, "../../toolchain/lock.ts");
  const script = `import { withLock } from ${JSON.stringify(module)};
    await withLock(${JSON.stringify(lock)}, () => undefined, async () => {
      console.log("held");
      await new Promise(() => setInterval(() => undefined, 1000));
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script]);
  await once(child.stdout, "data");
  return child;
}

describe("withLock", () => {
  it("returns what the work returns and leaves an empty file", async () => {
    expect(await withLock(lock, report, () => Promise.resolve(existsSync(lock)))).toBe(true);
    expect(readdirSync(join(scratch, "cache"))).toEqual(["lock"]);
    expect(statSync(lock).size).toBe(0);
    expect(lines).toEqual([]);
  });

  it("is free again after a failure", async () => {
    await expect(withLock(lock, report, () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(await withLock(lock, report, () => Promise.resolve("mine"))).toBe("mine");
  });

  it("lets the second wait for the first, and says so once", async () => {
    const order: string[] = [];
    const first = withLock(lock, report, async () => {
      await sleep(700);
      order.push("first");
    });
    await withLock(lock, report, () => Promise.resolve(order.push("second")));
    await first;
    expect(order).toEqual(["first", "second"]);
    expect(lines).toEqual([expect.stringContaining(`pid ${String(process.pid)}`)]);
  });

  it("repeats to the second what the first says of its work, and leaves no news behind", async () => {
    const waiting: string[] = [];
    let second: Promise<void> | undefined;
    await withLock(lock, report, async (say) => {
      second = withLock(
        lock,
        (line) => waiting.push(line),
        () => Promise.resolve(),
      );
      for (const line of ["building pulumi", "  still building pulumi, 20 s"]) {
        say(line);
        await expect.poll(() => waiting).toContain(`  ${line.trim()}`);
      }
    });
    await second;
    expect(lines).toEqual(["building pulumi", "  still building pulumi, 20 s"]);
    expect(waiting).toHaveLength(3);
    expect(readdirSync(join(scratch, "cache"))).toEqual(["lock"]);
  });

  it("waits for another process, and has the lock when that is killed", async () => {
    const owner = await startOwner();
    const taken = withLock(lock, report, () => Promise.resolve("mine"));
    await expect.poll(() => lines).toEqual([expect.stringContaining(`pid ${String(owner.pid)}`)]);
    owner.kill("SIGKILL");
    expect(await taken).toBe("mine");
    expect(readdirSync(join(scratch, "cache"))).toEqual(["lock"]);
  });

  it("says what is wrong with a file that is no lock", async () => {
    await withLock(lock, report, () => Promise.resolve());
    writeFileSync(lock, "x".repeat(5000));
    await expect(withLock(lock, report, () => Promise.resolve())).rejects.toThrow("not a database");
  });
});
