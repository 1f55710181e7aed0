import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname, userInfo } from "node:os";
import path from "node:path";
import type { FileBackend } from "./file-backend.ts";
import { isAlive } from "./is-alive.ts";

/** The process of a run, as its lock in a backend of files names it. */
interface LockHolder {
  readonly pid: number;
  readonly hostname: string;
}

/** Takes away what the project's runs on this machine that were killed left. */
export function endKilledRuns(backend: FileBackend): void {
  for (const lock of listLocks(backend)) {
    const holder = readJson(lock) as LockHolder | undefined;
    // One that was never written to its end names nobody.
    if (holder === undefined || isGone(holder)) endRun(backend, lock);
  }
  removeEmptyAttributes(backend);
}

/** The project's lock that a process of this machine holds. */
export function findLock(backend: FileBackend, pid: number): string | undefined {
  return listLocks(backend).find((lock) => {
    const holder = readJson(lock) as LockHolder | undefined;
    return holder?.pid === pid && holder.hostname === hostname();
  });
}

/**
 * Takes away what a run that is over has left, and what stops the next run or outlives it:
 *
 * - its lock, as `pulumi cancel` would,
 * - the creates that it had begun, as `pulumi refresh --clear-pending-creates` would. Pulumi keeps them since
 *   it cannot know what came of them; Berth looks, and takes up what is there;
 * - now and then an empty `.attrs` file, for which the next run says `failed to load checkpoint: EOF`.
 *
 * State is changed only under the run's lock, or one taken in its place, and is written whole or not at all. One
 * that is compressed keeps its pending creates.
 *
 * @param lock That of the run, which it may have taken away itself.
 */
export function endRun(backend: FileBackend, lock: string): void {
  const stack = path.basename(path.dirname(lock));
  const state = path.join(stacksFolder(backend), `${stack}.json`);
  const mine = lock.replace(/\.json$/, ".ending.json");
  if (takeOver(lock, mine) || (hasCreates(state) && takeAnew(mine))) {
    try {
      forgetCreates(state, mine);
    } finally {
      rmSync(mine, { force: true });
      rmSync(`${lock}.attrs`, { force: true });
    }
  }
  removeEmptyAttributes(backend);
}

function stacksFolder({ folder, project }: FileBackend): string {
  return path.join(folder, ".pulumi/stacks", project);
}

function locksFolder({ folder, project }: FileBackend): string {
  return path.join(folder, ".pulumi/locks/organization", project);
}

function listFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function listLocks(backend: FileBackend): string[] {
  return listFiles(locksFolder(backend)).filter((file) => file.endsWith(".json"));
}

function removeEmptyAttributes(backend: FileBackend): void {
  for (const file of [stacksFolder(backend), locksFolder(backend)].flatMap(listFiles)) {
    if (file.endsWith(".attrs") && statSync(file, { throwIfNoEntry: false })?.size === 0) {
      rmSync(file, { force: true });
    }
  }
}

/** Not a process that is there, nor another machine's, of which nothing is known here. */
function isGone(holder: LockHolder): boolean {
  return holder.hostname === hostname() && !isAlive(holder.pid);
}

/** Of several processes that see the lock only one can rename it. By its new name it is one for Pulumi as well. */
function takeOver(lock: string, mine: string): boolean {
  return unless("ENOENT", () => {
    renameSync(lock, mine);
  });
}

/** As Pulumi takes one: it looks for others once its own is there. */
function takeAnew(mine: string): boolean {
  const { username } = userInfo();
  const timestamp = new Date().toISOString();
  const holder = { pid: process.pid, username, hostname: hostname(), timestamp };
  const isWritten = unless("EEXIST", () => {
    writeFileSync(mine, JSON.stringify(holder), { flag: "wx" });
  });
  const others = listFiles(path.dirname(mine)).filter((file) => file !== mine);
  if (!isWritten || !others.some((file) => file.endsWith(".json"))) return isWritten;
  rmSync(mine, { force: true });
  return false;
}

/** Whether it could be done: false where it failed with this code. */
function unless(code: string, act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
}

interface Operation {
  readonly type: string;
  readonly resource: { readonly type: string };
}

/** A state file of Pulumi, as far as it matters here. */
interface StateFile {
  readonly checkpoint?: { readonly latest?: { pending_operations?: Operation[] } };
}

/** Of a resource that Berth looks for in the next run. What else somebody has added to the program it does not know. */
function isCreate({ type, resource }: Operation): boolean {
  return type === "creating" && /^(?:berth|kubernetes|postgresql|pulumi):/.test(resource.type);
}

function hasCreates(file: string): boolean {
  return (
    (readJson(file) as StateFile | undefined)?.checkpoint?.latest?.pending_operations?.some(
      isCreate,
    ) === true
  );
}

function forgetCreates(file: string, lock: string): void {
  const state = readJson(file) as StateFile | undefined;
  const latest = state?.checkpoint?.latest;
  if (latest?.pending_operations?.some(isCreate) !== true) return;
  latest.pending_operations = latest.pending_operations.filter((one) => !isCreate(one));
  const partial = `${file}.partial`;
  writeFileSync(partial, JSON.stringify(state), { mode: statSync(file).mode, flush: true });
  // Without it, by `pulumi cancel`, another run may have begun.
  if (existsSync(lock)) {
    renameSync(partial, file);
    // It has a checksum of what the file was.
    rmSync(`${file}.attrs`, { force: true });
  } else {
    rmSync(partial, { force: true });
  }
}

/** undefined = there is none, or it was cut off; of a state Pulumi says that itself. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
