import { globSync } from "node:fs";
import path from "node:path";
import { projectFolder } from "../components/project-folder.ts";

/** The stacks that have a file in the project's folder, sorted. */
export function listStacks(): readonly string[] {
  return globSync("Pulumi.*.yaml", { cwd: projectFolder })
    .map((file) => path.basename(file, ".yaml").slice("Pulumi.".length))
    .toSorted();
}
