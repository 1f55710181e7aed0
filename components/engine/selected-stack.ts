import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { pulumiCloud } from "../config/derive/identity.ts";
import type { Environment } from "../config/environment.ts";
import { findBackendUrl, pulumiHome, readProjectName, readPulumiFile } from "./file-backend.ts";

/**
 * The name of the stack that `pulumi` uses without `--stack`: `PULUMI_STACK`, or the one of `pulumi stack select`.
 *
 * @returns undefined = none is selected
 * @see https://www.pulumi.com/docs/iac/concepts/stacks/
 */
export function findSelectedStack(projectFolder: string, env: Environment): string | undefined {
  const stored = env["PULUMI_STACK"] ?? findStored(projectFolder, env);
  // Pulumi stores organization/project/stack.
  return stored?.split("/").at(-1) || undefined;
}

function findStored(projectFolder: string, env: Environment): string | undefined {
  const name = readProjectName(projectFolder);
  if (name === undefined) return undefined;
  for (const folder of listNames(projectFolder, env)) {
    const file = path.join(pulumiHome(env), "workspaces", fileOf(name, folder));
    const settings = readPulumiFile(file);
    if (settings === undefined) continue;
    const backend = findBackendUrl(projectFolder, env) ?? pulumiCloud;
    return settings.stacks?.[backend] ?? settings.stack;
  }
  return undefined;
}

/** Pulumi takes the name of the folder from the shell, which may have a link in it. */
function listNames(projectFolder: string, { PWD }: Environment): string[] {
  const here = process.cwd();
  const isHere = PWD !== undefined && existsSync(PWD) && realpathSync(PWD) === here;
  const asInShell = isHere ? [path.resolve(PWD, path.relative(here, projectFolder))] : [];
  return [...asInShell, projectFolder];
}

function fileOf(name: string, folder: string): string {
  const hash = createHash("sha1").update(path.join(folder, "Pulumi.yaml")).digest("hex");
  return `${name}-${hash}-workspace.json`;
}
