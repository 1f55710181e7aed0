import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import path from "node:path";

/** The process of a run, as its lock in a backend of files names it. */
export interface LockHolder {
  readonly pid: number;
  readonly hostname: string;
}

/**
 * Takes away what a run that was killed leaves in a backend of files, and what stops the next or outlives it:
 *
 * - its lock, as `pulumi cancel` would,
 * - the creates that it had begun, as `pulumi refresh --clear-pending-creates` would. Pulumi keeps them since
 *   it cannot know what came of them; Berth looks, and takes up what is there;
 * - now and then an empty `.attrs` file, for which the next run says `failed to load checkpoint: EOF`.
 *
 * State is changed only under the lock of the run that left it, and is written whole or not at all. One that is
 * compressed keeps its pending creates.
 *
 * @param folder The backend's, in which `.pulumi` is.
 * @param isOver Whether the run that holds a lock is over; undefined = the lock was never written to its end.
 */
export function endKilledRuns(
  folder: string,
  isOver: (holder: LockHolder | undefined) => boolean = isGone,
): void {
  const backend = path.join(folder, ".pulumi");
  if (!existsSync(backend)) return;
  const files = readdirSync(backend, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const locks = path.join(backend, "locks");
  for (const file of files) {
    const isLock = file.startsWith(locks + path.sep) && file.endsWith(".json");
    if (isLock && isOver(readHolder(file))) endRun(backend, file);
    if (file.endsWith(".attrs") && statSync(file, { throwIfNoEntry: false })?.size === 0) {
      rmSync(file, { force: true });
    }
  }
}

/** Not of a process of this machine that is there, nor of another machine's, of which nothing is known here. */
function isGone(holder: LockHolder | undefined): boolean {
  if (holder === undefined) return true;
  if (holder.hostname !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function readHolder(lock: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(lock, "utf8")) as LockHolder;
  } catch {
    return undefined;
  }
}

/** Of several processes that see the lock only one can rename it. By its new name it is one for Pulumi as well. */
function endRun(backend: string, lock: string): void {
  const mine = lock.replace(/\.json$/, ".ending.json");
  try {
    renameSync(lock, mine);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    const [, project = "", stack = ""] = path.relative(`${backend}/locks`, mine).split(path.sep);
    forgetCreates(path.join(backend, "stacks", project, `${stack}.json`), mine);
  } finally {
    rmSync(mine, { force: true });
    rmSync(`${lock}.attrs`, { force: true });
  }
}

/** A state file of Pulumi, as far as it matters here. */
interface StateFile {
  readonly checkpoint?: { readonly latest?: { pending_operations?: { readonly type: string }[] } };
}

function forgetCreates(file: string, lock: string): void {
  const state = readState(file);
  const latest = state?.checkpoint?.latest;
  const pending = latest?.pending_operations ?? [];
  const others = pending.filter(({ type }) => type !== "creating");
  if (latest === undefined || others.length === pending.length) return;
  latest.pending_operations = others;
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

/** undefined = there is none, or it was cut off, which Pulumi says itself. */
function readState(file: string): StateFile | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as StateFile;
  } catch {
    return undefined;
  }
}
