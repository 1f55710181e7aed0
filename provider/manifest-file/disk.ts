import { chmod, mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BerthError, messageOf } from "../../components/errors.ts";
import { ifExists, type Target } from "./path.ts";

/** Reads the text of a target; undefined = no file. Call `inspectTarget` first. */
export async function readText(target: Target): Promise<string | undefined> {
  return ifExists(readFile(target.file, "utf8"));
}

/**
 * Writes text to a target in one step: a reader sees the old file or the new one, never a part, also if
 * the run is killed. The temporary name is fixed, so a killed run leaves at most one such file, and the next
 * run replaces it. Argo CD ignores it, because its name does not end in .yml or .yaml.
 */
export async function writeText(target: Target, text: string): Promise<void> {
  if ((await readText(target)) === text) return;
  const directory = dirname(target.file);
  const temporary = join(directory, `.${basename(target.file)}.berth-tmp`);
  try {
    await mkdir(directory, { recursive: true });
    await rm(temporary, { force: true });
    await writeFile(temporary, text, { flag: "wx", mode: 0o644, flush: true });
    // Whatever the umask is.
    await chmod(temporary, 0o644);
    await rename(temporary, target.file);
  } catch (error) {
    // A full disk needs the space.
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = messageOf(error);
    throw new BerthError(`${target.file} could not be written and is unchanged: ${reason}`, {
      cause: error,
      hint: "free some space, or give yourself write access there, then run pulumi up again",
    });
  }
}

/** Removes the file and directories that are then empty, but never the checkout's root. */
export async function removeFile(target: Target): Promise<void> {
  await rm(target.file, { force: true });
  for (
    let directory = dirname(target.file);
    directory !== target.root && directory.startsWith(target.root);
    directory = dirname(directory)
  ) {
    if (!(await isRemoved(directory))) return;
  }
}

async function isRemoved(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") return true;
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR") return false;
    throw error;
  }
}
