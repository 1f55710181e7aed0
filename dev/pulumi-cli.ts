import { existsSync } from "node:fs";
import path from "node:path";
import { execa, type Options, type ResultPromise } from "execa";
import { ensureToolchain, type Toolchain } from "../toolchain/ensure.ts";
import { defaultParts } from "../toolchain/parts.ts";
import { projectFolder, type Sandbox } from "./sandbox.ts";

/** The Pulumi CLI with its plugins; see `toolchain/`. */
export function openToolchain(report: (line: string) => void): Promise<Toolchain> {
  return ensureToolchain({ parts: defaultParts, report });
}

/** Commands that take `--config-file`. */
const configured = ["up", "preview", "refresh", "destroy", "import", "config"];

/** Runs `pulumi` in the project folder, on the sandbox's stack. */
export function runPulumi<T extends Options>(
  toolchain: Toolchain,
  sandbox: Sandbox,
  args: readonly string[],
  options: T,
): ResultPromise<T & { cwd: string; env: Record<string, string> }> {
  const [command = ""] = args;
  const stackArgs = ["--stack", sandbox.stack];
  const fileArgs = configured.includes(command) ? ["--config-file", sandbox.stackFile] : [];
  return execa(toolchain.pulumi, [...args, ...stackArgs, ...fileArgs], {
    ...options,
    cwd: projectFolder,
    env: { ...toolchain.env, ...sandbox.env },
  });
}

/** Makes the sandbox's stack in its backend, once. */
export async function ensureStack(toolchain: Toolchain, sandbox: Sandbox): Promise<void> {
  const state = path.join(sandbox.home, "state/.pulumi/stacks/berth", `${sandbox.stack}.json`);
  if (existsSync(state)) return;
  await execa(toolchain.pulumi, ["stack", "init", sandbox.stack, "--non-interactive"], {
    cwd: sandbox.home,
    env: { ...toolchain.env, ...sandbox.env },
  });
}
