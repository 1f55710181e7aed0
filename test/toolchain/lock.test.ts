import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
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

/** A lock as the process with this id would leave it. */
async function writeOwner(pid: number, space?: string): Promise<void> {
  const own = await withLock(lock, report, () => Promise.resolve(readFileSync(lock, "utf8")));
  writeFileSync(lock, JSON.stringify({ ...JSON.parse(own), pid, ...(space && { space }) }));
}

/** The id of a process that has ended. */
function deadPid(): number {
  return Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
}

describe("withLock", () => {
  it("returns what the work returns and leaves nothing behind", async () => {
    expect(await withLock(lock, report, () => Promise.resolve(existsSync(lock)))).toBe(true);
    expect(readdirSync(join(scratch, "cache"))).toEqual([]);
    expect(lines).toEqual([]);
  });

  it("is free again after a failure", async () => {
    await expect(withLock(lock, report, () => Promise.reject(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(existsSync(lock)).toBe(false);
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

  it("repeats to the second what the first says of its work, and leaves nothing behind", async () => {
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
        await expect.poll(() => waiting, { timeout: 5_000 }).toContain(`  ${line.trim()}`);
      }
    });
    await second;
    expect(lines).toEqual(["building pulumi", "  still building pulumi, 20 s"]);
    expect(waiting).toHaveLength(3);
    expect(readdirSync(join(scratch, "cache"))).toEqual([]);
  });

  it("takes over from a process that is dead", async () => {
    await writeOwner(deadPid());
    expect(await withLock(lock, report, () => Promise.resolve("mine"))).toBe("mine");
    expect(lines).toEqual([]);
  });

  it("waits for another host or pid namespace, whose pid is not here, and takes over once nobody touches the lock any more", async () => {
    await writeOwner(deadPid(), "elsewhere");
    const taken = withLock(lock, report, () => Promise.resolve("mine"));
    await expect.poll(() => lines).toEqual([expect.stringContaining("elsewhere")]);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    expect(await taken).toBe("mine");
  });
});
