import { globSync } from "node:fs";
import path from "node:path";
import { projectFolder } from "../project-folder.ts";

/** The stacks that have a file in a folder, sorted. */
export function listStacks(folder = projectFolder): readonly string[] {
  return globSync("Pulumi.?*.yaml", { cwd: folder })
    .map((file) => path.basename(file, ".yaml").slice("Pulumi.".length))
    .toSorted();
}
