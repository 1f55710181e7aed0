import { cpSync, existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execaSync } from "execa";
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
