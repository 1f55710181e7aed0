import { spawn } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { BerthError } from "../components/errors.ts";
import { isAlive } from "../toolchain/processes.ts";

/** A program that outlives the command that started it. */
export interface BackgroundProgram {
  /** File that holds its pid and arguments while it runs. */
  readonly pidFile: string;
  readonly logFile: string;
  /** @default - this Node */
  readonly command?: string;
  readonly args: readonly string[];
  /** Arguments in its command line from start to end, if they are not `args`. */
  readonly knownBy?: readonly string[];
  readonly cwd?: string;
  /** In addition to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts it detached. The log file gets its output, and how it ended if this process still runs then. */
export function startInBackground(program: BackgroundProgram): number {
  const log = openSync(program.logFile, "a", 0o600);
  const child = spawn(program.command ?? process.execPath, program.args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...program.env },
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
  });
  closeSync(log);
  child.once("exit", (code, signal) => {
    // The folder of the log file may have been removed with it.
    if (!existsSync(program.logFile)) return;
    appendFileSync(program.logFile, `ended by ${signal ?? `itself, exit code ${String(code)}`}\n`);
  });
  child.unref();
  if (child.pid === undefined) throw new Error(`cannot start ${program.args.join(" ")}`);
  const args = program.knownBy ?? program.args;
  writeFileSync(program.pidFile, JSON.stringify({ pid: child.pid, args } satisfies Started));
  return child.pid;
}

/** Milliseconds until a program must be ready, on a busy machine. */
const readyWithin = 90_000;

/**
 * Waits until a program is ready. If it ends, the error has the last lines of its log.
 *
 * @param describe Says what is not ready, or has ended.
 */
export async function waitUntilReady(
  { pidFile, logFile }: Pick<BackgroundProgram, "pidFile" | "logFile">,
  describe: (isGone: boolean) => string,
  isReady: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + readyWithin;
  while (!(await isReady())) {
    const isGone = findRunning(pidFile) === undefined;
    if (isGone || Date.now() > deadline) {
      // Gives it time to write the rest of its log.
      await delay(100);
      const end = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-3);
      throw new BerthError(`${describe(isGone)}:\n  ${end.join("\n  ")}`, {
        hint: `see ${logFile}`,
      });
    }
    await delay(50);
  }
}

/** A program that ends others when the process that started them has ended, however that ended. */
interface Watchdog extends Pick<BackgroundProgram, "pidFile" | "logFile"> {
  /** Their pid files, in the order in which they are ended. */
  readonly pidFiles: readonly string[];
}

export function startWatchdog(owner: number, { pidFile, logFile, pidFiles }: Watchdog): void {
  const program = fileURLToPath(new URL("watchdog.ts", import.meta.url));
  startInBackground({ pidFile, logFile, args: [program, String(owner), ...pidFiles] });
}

/** Ends the program of the pid file. Another process that has its pid now is not ended. */
export async function stopInBackground(
  pidFile: string,
  signal: "SIGTERM" | "SIGKILL" = "SIGTERM",
): Promise<boolean> {
  const started = readStarted(pidFile);
  rmSync(pidFile, { force: true });
  if (started === undefined || !isRunning(started)) return false;
  process.kill(started.pid, signal);
  for (let waited = 0; waited < 5000 && isRunning(started); waited += 20) await delay(20);
  if (isRunning(started)) process.kill(started.pid, "SIGKILL");
  return true;
}

export function findRunning(pidFile: string): number | undefined {
  const started = readStarted(pidFile);
  return started !== undefined && isRunning(started) ? started.pid : undefined;
}

/** What a pid file holds. */
interface Started {
  readonly pid: number;
  readonly args: readonly string[];
}

function readStarted(pidFile: string): Started | undefined {
  if (!existsSync(pidFile)) return undefined;
  return JSON.parse(readFileSync(pidFile, "utf8")) as Started;
}

const isRunning = ({ pid, args }: Started): boolean => isAlive(pid) && hasArguments(pid, args);

function hasArguments(pid: number, args: readonly string[]): boolean {
  const file = `/proc/${String(pid)}/cmdline`;
  if (!existsSync(file)) return process.platform !== "linux";
  try {
    const line = readFileSync(file, "utf8");
    // Without arguments it is a zombie, or the kernel is about to start the program.
    if (line === "") return !readFileSync(`/proc/${String(pid)}/stat`, "utf8").includes(") Z ");
    return line.includes(args.join("\0"));
  } catch {
    // It has ended since.
    return false;
  }
}
