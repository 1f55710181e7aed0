import path from "node:path";
import { execa } from "execa";
import { projectFolder } from "../../components/project-folder.ts";

const { PATH = "", NODE_COMPILE_CACHE = "" } = process.env;

/** An environment that knows no 1Password, no cluster and no home. */
export const bareEnv = { PATH, NODE_COMPILE_CACHE };

/** Runs a verb as a user does, in the project or in a clone of it. */
export async function berth(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  clone = projectFolder,
) {
  const main = path.join(clone, "cli/main.ts");
  const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args], {
    cwd: clone,
    env: { ...bareEnv, ...env },
    extendEnv: false,
    reject: false,
    timeout: 60_000,
  });
  return { exitCode, stdout, stderr };
}
