import { existsSync } from "node:fs";
import path from "node:path";
import { findOwnFolder, isPackage } from "./command-line.ts";

/**
 * The folder of `Pulumi.yaml`. Relative paths in a stack file start from it. As Pulumi does, Berth looks for it in
 * the current folder and in those above. Where there is none, the repository uses its own.
 */
export const projectFolder =
  findProject(process.cwd()) ?? (isPackage ? process.cwd() : findOwnFolder());

function findProject(folder: string): string | undefined {
  if (existsSync(path.join(folder, "Pulumi.yaml"))) return folder;
  const above = path.dirname(folder);
  return above === folder ? undefined : findProject(above);
}
