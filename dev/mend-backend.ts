import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";

/**
 * `kill -9` leaves two things in a backend of files that stop the next run: the lock of a process that is
 * gone, which `pulumi cancel` would take away too, and now and then an empty `.attrs` file, for which
 * the next run says `failed to load checkpoint: EOF`. The state itself is written whole or not at all.
 *
 * @param backend Its folder `.pulumi`.
 */
export function mendBackend(backend: string): void {
  const files = readdirSync(backend, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files) {
    const isEmpty = file.endsWith(".attrs") && statSync(file).size === 0;
    const isLock = file.startsWith(path.join(backend, "locks")) && file.endsWith(".json");
    if (isEmpty || (isLock && !isHeld(file))) rmSync(file);
  }
}

/** By a process of this machine that is there, or by another machine's, of which nothing is known here. */
function isHeld(lock: string): boolean {
  const holder = readHolder(lock);
  if (holder === undefined) return false;
  if (holder.hostname !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** undefined = it was never written to its end. */
function readHolder(lock: string): { readonly pid: number; readonly hostname: string } | undefined {
  try {
    return JSON.parse(readFileSync(lock, "utf8")) as { pid: number; hostname: string };
  } catch {
    return undefined;
  }
}
