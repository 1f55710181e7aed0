import { cpSync, existsSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa, execaSync } from "execa";
import { projectFolder } from "../../components/project-folder.ts";

/** A folder with the files that a fresh clone would have, uncommitted edits included. */
export function makeClone(): string {
  const clone = mkdtempSync(path.join(tmpdir(), "berth-clone-"));
  const { stdout } = execaSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: projectFolder,
  });
  for (const file of stdout
    .split("\n")
    .filter((name) => existsSync(path.join(projectFolder, name)))) {
    mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
    cpSync(path.join(projectFolder, file), path.join(clone, file));
  }
  return clone;
}

/** The same with the packages installed, to save time. */
export function makeInstalledClone(): string {
  const clone = makeClone();
  symlinkSync(path.join(projectFolder, "node_modules"), path.join(clone, "node_modules"));
  return clone;
}

/** Runs npm in a clone, as people do. */
export async function npmIn(
  clone: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  return await execa("npm", args, { cwd: clone, reject: false, all: true, stdin: "ignore", env });
}
