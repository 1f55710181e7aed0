import path from "node:path";
import { execa } from "execa";
import { vi } from "vitest";
import { runProgram } from "../../cli/program.ts";
import { projectFolder } from "../../components/project-folder.ts";

const { PATH = "", NODE_COMPILE_CACHE = "" } = process.env;

/** An environment that knows no 1Password, no cluster and no home. */
export const bareEnv = { PATH, NODE_COMPILE_CACHE };

type Env = Readonly<Record<string, string>>;

/** Runs a verb in this process, in an environment of its own: a start costs more than most verbs do. */
export async function berth(args: readonly string[], env: Env = {}) {
  const before = { env: process.env, exitCode: process.exitCode };
  const said = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  process.env = { ...bareEnv, ...env };
  process.exitCode = 0;
  try {
    await runProgram(args);
    const [stdout, stderr] = [withoutEnd(said.stdout), withoutEnd(said.stderr)];
    return { exitCode: process.exitCode, stdout, stderr };
  } finally {
    for (const spy of spies) spy.mockRestore();
    Object.assign(process, before);
  }
}

/** As execa gives an output. */
const withoutEnd = (text: string): string => text.replace(/\n$/, "");

/** Runs a verb as a user does, in the project or in a clone of it. */
export async function startBerth(args: readonly string[], clone = projectFolder) {
  const main = path.join(clone, "cli/main.ts");
  const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args], {
    cwd: clone,
    env: bareEnv,
    extendEnv: false,
    reject: false,
    timeout: 60_000,
  });
  return { exitCode, stdout, stderr };
}
