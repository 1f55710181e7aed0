import { spawn, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { BerthError } from "../../components/errors.ts";

/** The system user the server runs as, where that is not the user we run as. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** How a program ended. */
export interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

const USER = "postgres";

/**
 * Postgres refuses to run as root. So root hands its server to the user `postgres`, and makes that
 * user where it is missing (containers, mostly). Everybody else runs the server as themselves.
 *
 * @returns undefined where no change of user is needed.
 */
export function findSystemUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = lookUp();
  if (existing !== undefined) return existing;
  const options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  spawnSync("useradd", [...options, USER], { stdio: "ignore" });
  const made = lookUp();
  if (made !== undefined) return made;
  throw new BerthError(`Postgres cannot run as root, and user ${USER} could not be made`, {
    hint: `useradd --system ${USER}, or run as another user than root`,
  });
}

function lookUp(): SystemUser | undefined {
  const [uid, gid] = ["-u", "-g"].map((flag) => {
    const { status, stdout } = spawnSync("id", [flag, USER], { encoding: "utf8" });
    return status === 0 ? Number(stdout.trim()) : undefined;
  });
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
}

/**
 * Whether a user may get at a path: search permission on every directory above it, and read (for a
 * directory also search) on the path itself. A checkout below `/root` or a `mkdtemp` directory,
 * both mode 0700, is the case this is for. A path that is not there yet counts as its parent does.
 */
export function canReach(path: string, user: SystemUser): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return dirname(path) !== path && canReach(dirname(path), user);
  const shift = stats.uid === user.uid ? 6 : stats.gid === user.gid ? 3 : 0;
  const granted = (stats.mode >> shift) & 0o7;
  const needed = stats.isDirectory() ? 0o5 : 0o4;
  return (granted & needed) === needed && canTraverseAbove(path, user);
}

function canTraverseAbove(path: string, user: SystemUser): boolean {
  const parent = dirname(path);
  if (parent === path) return true;
  const stats = statSync(parent);
  const shift = stats.uid === user.uid ? 6 : stats.gid === user.gid ? 3 : 0;
  return ((stats.mode >> shift) & 0o1) === 0o1 && canTraverseAbove(parent, user);
}

/**
 * Runs a server program to its end as the given user, from `/` (the caller's directory may be out
 * of that user's reach) and with a bare environment: a `PGDATA` or `PGPORT` of the caller would
 * steer it. What it prints is returned for a reason to be picked from, never passed on whole.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  user: SystemUser | undefined,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TZ: "UTC" };
    const child = spawn(program, args, {
      cwd: process.platform === "win32" ? dirname(program) : "/",
      env,
      stdio: ["ignore", "pipe", "pipe"],
      ...(user ?? {}),
    });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, output });
    });
  });
}

/** The lines of a program's output that say why, and only those. */
export function toReason(output: string, pattern: RegExp): string {
  const lines = output.split("\n").filter((line) => pattern.test(line));
  return lines.length === 0 ? "" : `: ${lines.slice(-3).join("; ").trim()}`;
}
