import { mkdir, open, readFile, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BerthError } from "../../components/errors.ts";
import { ifExists, type Target } from "./path.ts";

/** The text at a target; undefined = no file. Call it only where `inspectTarget` found no danger. */
export async function readText(target: Target): Promise<string | undefined> {
  return ifExists(readFile(target.file, "utf8"));
}

/**
 * Puts text at a target in one step: a reader, or a run that is killed half-way, sees the old file
 * or the new one and never a part. The temporary name is fixed, so a killed run leaves at most one
 * such file, which the next run replaces; Argo CD does not read it (no .yml or .yaml ending).
 */
export async function writeText(target: Target, text: string): Promise<void> {
  if ((await readText(target)) === text) return;
  const directory = dirname(target.file);
  const temporary = join(directory, `.${basename(target.file)}.berth-tmp`);
  try {
    await mkdir(directory, { recursive: true });
    await rm(temporary, { force: true });
    await writeNew(temporary, text);
    await rename(temporary, target.file);
  } catch (error) {
    // On a full disk it would take what room there is.
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new BerthError(`${target.file} could not be written, and is as it was: ${reason}`, {
      cause: error,
      hint: "make room for it, or give yourself the right to write there, then run pulumi up again",
    });
  }
}

async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx", 0o644);
  try {
    await handle.writeFile(text, "utf8");
    await handle.chmod(0o644);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes the file and the directories it leaves empty, up to the checkout's root, which stays. */
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
