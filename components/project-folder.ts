import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The folder of `Pulumi.yaml`. Relative paths in a stack file start from it. As Pulumi does, Berth looks for it in
 * the current folder and in those above; elsewhere it is Berth's own.
 */
export const projectFolder =
  findProject(process.cwd()) ?? fileURLToPath(new URL("..", import.meta.url));

function findProject(folder: string): string | undefined {
  if (existsSync(path.join(folder, "Pulumi.yaml"))) return folder;
  const above = path.dirname(folder);
  return above === folder ? undefined : findProject(above);
}
