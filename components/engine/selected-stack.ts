import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { findBackendUrl, pulumiHome, readProjectName } from "./file-backend.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What Pulumi stores for a project (`workspace.Settings` of the CLI). */
interface Settings {
  /** Of older Pulumi, for all backends. */
  readonly stack?: string;
  /** By the address of the backend. */
  readonly stacks?: Readonly<Record<string, string>>;
}

const pulumiCloud = "https://api.pulumi.com";

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
    const settings = readSettings(file);
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

function readSettings(file: string): Settings | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Settings;
  } catch {
    // Pulumi reports the broken file itself.
    return undefined;
  }
}
