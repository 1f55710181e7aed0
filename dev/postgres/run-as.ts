import { spawn, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { BerthError } from "../../components/errors.ts";

/** The system user of the server, if it is not the current user. */
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
 * Finds the system user for the server. Postgres refuses to run as root, so root runs it as user
 * `postgres`, which is created if it is missing (mostly in containers).
 *
 * @returns undefined = the current user
 */
export function findSystemUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = findUser();
  if (existing !== undefined) return existing;
  const options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  spawnSync("useradd", [...options, USER], { stdio: "ignore" });
  const made = findUser();
  if (made !== undefined) return made;
  throw new BerthError(`Postgres cannot run as root, and user ${USER} could not be created`, {
    hint: `useradd --system ${USER}, or run as another user than root`,
  });
}

function findUser(): SystemUser | undefined {
  const [uid, gid] = ["-u", "-g"].map((flag) => {
    const { status, stdout } = spawnSync("id", [flag, USER], { encoding: "utf8" });
    return status === 0 ? Number(stdout.trim()) : undefined;
  });
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
}

/**
 * Whether a user has access to a path: search on every directory above it, and read (for a directory also
 * search) on the path itself. A checkout below `/root` and a `mkdtemp` directory have mode 0700 and fail
 * this. For a path that does not exist its parent decides.
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
 * Runs a server program to its end as the given user, in `/`, because that user may have no access to the
 * current directory. The environment is minimal, because `PGDATA` or `PGPORT` of the caller would change
 * what it does. Its output is for {@link toReason} only.
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

/** The last lines of a program's output that match. */
export function toReason(output: string, pattern: RegExp): string {
  const lines = output.split("\n").filter((line) => pattern.test(line));
  return lines.length === 0 ? "" : `: ${lines.slice(-3).join("; ").trim()}`;
}
