import { readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../../toolchain/processes.ts";
import { readIfThere } from "../../toolchain/read-if-there.ts";
import { answersAsPostgres } from "./ports.ts";

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

/**
 * Finds the server of a data directory that accepts connections; undefined = none runs. It waits for a
 * server that is starting or stopping.
 */
export async function findRunning(
  data: string,
  waitMilliseconds: number,
): Promise<Postmaster | undefined> {
  const deadline = Date.now() + waitMilliseconds;
  for (;;) {
    const postmaster = readPostmaster(data);
    if (postmaster === undefined || !isServerOf(postmaster.pid, data)) return undefined;
    if (postmaster.status === "ready" && (await answersAsPostgres(postmaster.port)))
      return postmaster;
    if (Date.now() > deadline) return undefined;
    await sleep(100);
  }
}

/** Reads `postmaster.pid`; undefined = there is none, or it is incomplete. */
export function readPostmaster(data: string): Postmaster | undefined {
  const lines = readIfThere(join(data, "postmaster.pid"))?.split("\n") ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? "").trim() };
}

/**
 * Whether a process is a server of this data directory, and not another one with a dead server's pid.
 * NOTE: a server's working directory is its data directory. Only Linux shows that cheaply; on other systems
 * any process with the pid counts. A zombie, which stays in a container without an init, has no directory.
 */
export function isServerOf(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform !== "linux") return true;
  return readWorkingDirectory(String(pid)) === realpathSync(data);
}

/**
 * Removes the `postmaster.pid` of a killed server if another process has its pid now, which Postgres does
 * not detect itself. The file stays while any process works in the data directory, because it keeps a
 * second server from starting there.
 */
export function clearForeignPidFile(data: string): void {
  if (process.platform !== "linux") return;
  const postmaster = readPostmaster(data);
  if (postmaster === undefined || !isAlive(postmaster.pid)) return;
  const directory = realpathSync(data);
  const isInUse = readdirSync("/proc").some(
    (name) => /^\d+$/.test(name) && readWorkingDirectory(name) === directory,
  );
  if (!isInUse) rmSync(join(data, "postmaster.pid"), { force: true });
}

function readWorkingDirectory(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
