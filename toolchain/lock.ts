/**
 * A lock for one process at a time: a file with the owner's pid, which only one process can create. The owner
 * touches it every few seconds. A lock that nobody touches is abandoned, also if the owner ran elsewhere or its
 * pid is now another process's.
 */
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findPidSpace, isAlive } from "./processes.ts";

/** Milliseconds without a touch until a lock is abandoned. */
const abandonedAfter = 30_000;
const touchEvery = 5_000;
const pauseMs = 500;

interface Owner {
  readonly pid: number;
  /** The pid namespace of the pid. */
  readonly space: string;
}

const space = findPidSpace() ?? hostname();

/**
 * Runs `work` while this process holds the lock `file`. While it waits, it reports the progress of the owner.
 *
 * @param work Calls its argument to report progress, to its own user and to waiting processes.
 */
export async function withLock<T>(
  file: string,
  report: (line: string) => void,
  work: (say: (line: string) => void) => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const news = `${file}.news`;
  let [waitedFor, heard]: [number | undefined, string | undefined] = [undefined, undefined];
  while (!tryLock(file)) {
    const owner = readOwner(file);
    if (isAbandoned(file, owner)) {
      breakLock(file, owner);
      continue;
    }
    if (owner !== undefined && owner.pid !== waitedFor) {
      report(`waiting for another Berth process (${describe(owner)}) to finish its part`);
      waitedFor = owner.pid;
    }
    const said = readNews(news, owner);
    if (said !== undefined && said !== heard) report(`  ${said.trim()}`);
    heard = said;
    await sleep(pauseMs);
  }
  const touching = setInterval(() => {
    touch(file);
  }, touchEvery).unref();
  try {
    return await work((line) => {
      report(line);
      writeFileSync(news, JSON.stringify({ pid: process.pid, line }));
    });
  } finally {
    clearInterval(touching);
    rmSync(news, { force: true });
    rmSync(file, { force: true });
  }
}

/** Creates the lock with its content in one step, so no reader sees an empty lock. */
function tryLock(file: string): boolean {
  const mine = `${file}.${String(process.pid)}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, space } satisfies Owner));
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

function isAbandoned(file: string, owner: Owner | undefined): boolean {
  if (owner?.space === space && !isAlive(owner.pid)) return true;
  const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return touched !== undefined && Date.now() - touched > abandonedAfter;
}

/** Removes the lock by renaming it. If several processes try, one succeeds. */
function breakLock(file: string, expected: Owner | undefined): void {
  const aside = `${file}.broken-${String(process.pid)}`;
  try {
    renameSync(file, aside);
    // Another process was faster, and this is the new owner's lock: put it back.
    if (readOwner(aside)?.pid !== expected?.pid) linkSync(aside, file);
  } catch {
    // The lock has gone already. The caller tries again.
  } finally {
    rmSync(aside, { force: true });
  }
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

/** undefined = the owner has reported nothing yet. */
function readNews(file: string, owner: Owner | undefined): string | undefined {
  try {
    const { pid, line } = JSON.parse(readFileSync(file, "utf8")) as { pid: number; line: string };
    return pid === owner?.pid ? line : undefined;
  } catch {
    return undefined;
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // The cache was deleted meanwhile, so there is nothing to protect.
  }
}

function describe(owner: Owner): string {
  const pid = `pid ${String(owner.pid)}`;
  return owner.space === space ? pid : `${pid}, elsewhere`;
}
