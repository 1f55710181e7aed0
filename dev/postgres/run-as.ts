import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { execa } from "execa";
import { BerthError } from "../../components/errors.ts";

/** The system user of the server, if it is not the current user. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
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

/** Whether a user may enter a directory and list it, or run a program. */
export function canReach(path: string, user: SystemUser): boolean {
  return spawnSync("test", ["-r", path, "-a", "-x", path], { ...user }).status === 0;
}

/**
 * Runs a server program to its end as the given user, in `/`, because that user may have no access to the
 * current directory. The environment is minimal, because `PGDATA` or `PGPORT` of the caller would change
 * what it does. Its output is for {@link toReason} only.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  user: SystemUser | undefined,
): Promise<{ readonly isDone: boolean; readonly output: string }> {
  const { failed, all } = await execa(program, args, {
    cwd: process.platform === "win32" ? dirname(program) : "/",
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TZ: "UTC" },
    extendEnv: false,
    stdin: "ignore",
    all: true,
    reject: false,
    ...user,
  });
  return { isDone: !failed, output: all };
}

/** The last lines of a program's output that match. */
export function toReason(output: string, pattern: RegExp): string {
  const lines = output.split("\n").filter((line) => pattern.test(line));
  return lines.length === 0 ? "" : `: ${lines.slice(-3).join("; ").trim()}`;
}
