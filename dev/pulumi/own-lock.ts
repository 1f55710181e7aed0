import { rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import type { FileBackend } from "../../components/engine/file-backend.ts";
import { readStackLocks } from "../../components/engine/stack-locks.ts";
import { findPidSpace, isAlive } from "../../toolchain/processes.ts";
import { readIfThere, readJsonIfThere } from "../../toolchain/read-if-there.ts";
import type { Sandbox } from "../sandbox.ts";

/**
 * A killed run on the sandbox leaves a lock. The next run removes the lock only if a note proves that it is the
 * sandbox's own and that its process has ended. A pid alone proves nothing: in another pid namespace, or later,
 * another process has it.
 */

interface Note {
  /** Pulumi gives each lock a file name that no other has. */
  readonly lock: string;
  readonly pid: number;
  readonly pidSpace: string;
  /** In clock ticks since boot. */
  readonly start: string;
}

const pauseMs = 50;

/** Writes the note as soon as Pulumi has the lock of this run. A preview takes no lock. */
export function noteOwnLock(sandbox: Sandbox, pid: number | undefined): { stop: () => void } {
  const pidSpace = findPidSpace();
  const start = pid === undefined ? undefined : readStat(pid)?.start;
  const check = setInterval(() => {
    const locks = readStackLocks(backendOf(sandbox), sandbox.stack);
    const own = locks.find(({ holder }) => holder?.pid === pid && holder?.hostname === hostname());
    if (pid === undefined || pidSpace === undefined || start === undefined || !own) return;
    const note: Note = { lock: path.basename(own.file), pid, pidSpace, start };
    writeFileSync(noteOf(sandbox), JSON.stringify(note));
    clearInterval(check);
  }, pauseMs).unref();
  return {
    stop: () => {
      clearInterval(check);
    },
  };
}

/** Removes the lock in the note if its process has certainly ended. */
export function releaseOwnLock(sandbox: Sandbox): void {
  const note = readJsonIfThere(noteOf(sandbox)) as Note | undefined;
  const here = findPidSpace();
  if (note === undefined || here === undefined || note.pidSpace !== here || isThere(note)) return;
  const locks = readStackLocks(backendOf(sandbox), sandbox.stack);
  const own = locks.find(({ file }) => path.basename(file) === note.lock);
  if (own !== undefined) rmSync(own.file, { force: true });
}

export function backendOf({ home }: Sandbox): FileBackend {
  return { folder: path.join(home, "state"), project: "berth" };
}

function noteOf({ home }: Sandbox): string {
  return path.join(home, "own-lock.json");
}

/** Also true if nothing can be known, for example if /proc hides the process from this user. */
function isThere({ pid, start }: Note): boolean {
  if (!isAlive(pid)) return false;
  const now = readStat(pid);
  return now === undefined || (now.start === start && !now.isZombie);
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function readStat(pid: number): { start: string; isZombie: boolean } | undefined {
  const stat = readIfThere(`/proc/${String(pid)}/stat`);
  // The program's name, in parentheses, may contain spaces.
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  const start = fields[18];
  return start === undefined ? undefined : { start, isZombie: state === "Z" };
}
