import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { pulumiLine } from "../command-line.ts";
import { BerthError } from "../errors.ts";
import type { FileBackend } from "./file-backend.ts";

/**
 * Locks that runs of Pulumi have on a stack, in a backend of files. Berth only reads them. It cannot know
 * whether a run is still alive: in another pid namespace, or on another machine with the same name, the pid is
 * another process.
 */

const holderSchema = z.object({
  pid: z.number(),
  username: z.string(),
  hostname: z.string(),
  timestamp: z.string(),
});

/** One lock file of a stack. */
export interface StackLock {
  readonly file: string;
  /** undefined = the file is incomplete: the disk was full, or Pulumi was killed while it wrote the file. */
  readonly holder: z.infer<typeof holderSchema> | undefined;
}

/** All lock files. Pulumi reads every file in the folder, whatever its name. */
export function readStackLocks({ folder, project }: FileBackend, stack: string): StackLock[] {
  const locks = path.join(folder, ".pulumi/locks/organization", project, stack);
  if (!existsSync(locks)) return [];
  return readdirSync(locks)
    .map((name) => path.join(locks, name))
    .filter((file) => !file.endsWith(".attrs"))
    .flatMap(readLock);
}

/** Throws if the stack is locked. */
export function requireUnlocked(backend: FileBackend | undefined, stack: string): void {
  const locked = backend && explainLock(backend, stack);
  if (locked !== undefined) throw locked;
}

/** Says who has the lock, since when, and what to do. undefined = nobody has it. */
export function explainLock(backend: FileBackend, stack: string): BerthError | undefined {
  const [lock] = readStackLocks(backend, stack);
  if (lock === undefined) return undefined;
  const cancel = pulumiLine("cancel", stack);
  const { file, holder } = lock;
  if (holder === undefined) {
    return new BerthError(
      `stack ${stack}: the lock file ${file} is not whole; the disk was full, or Pulumi was killed while it wrote the file`,
      { hint: `${cancel}, unless another run is just starting` },
    );
  }
  const who = `${holder.username}@${holder.hostname} (pid ${String(holder.pid)})`;
  return new BerthError(
    `stack ${stack}: locked by ${who} since ${holder.timestamp.replace(/\.\d+/, "")}`,
    {
      hint: `wait for that run to end; if it was killed: ${cancel}`,
    },
  );
}

/** Empty if its run has just removed the file. */
function readLock(file: string): StackLock[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  try {
    return [{ file, holder: holderSchema.parse(JSON.parse(text)) }];
  } catch {
    return [{ file, holder: undefined }];
  }
}
