import { execa } from "execa";
import { inParallel, outlived, waitForPulumi } from "../../cli/pulumi-process.ts";
import { loadStackFromFile } from "../../components/config/load.ts";
import { findPlugins } from "../../components/config/plugins.ts";
import {
  findFileBackend,
  findStatePackages,
  readState,
} from "../../components/engine/file-backend.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { ensureToolchain, type Toolchain } from "../../toolchain/ensure.ts";
import { partTable } from "../../toolchain/parts.ts";
import { type Sandbox } from "../sandbox.ts";
import { backendOf, noteOwnLock } from "./own-lock.ts";

/** The part of a run's stack that decides which plugins the run uses. */
interface StackOfRun {
  readonly stack: string;
  /** @default Pulumi.<stack>.yaml */
  readonly stackFile?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Gets the plugins for the stack file and for the resources in state. */
export async function ensurePlugins(
  run: StackOfRun,
  report: (line: string) => void,
): Promise<void> {
  const wanted = new Set([...findPluginsOfFile(run), ...(await findPackages(run, report))]);
  const plugins = partTable.filter(({ kind, name }) => kind === "plugin" && wanted.has(name));
  if (plugins.length === 0) return;
  await ensureToolchain(
    report,
    plugins.map(({ name }) => name),
  );
}

/** The packages of the resources in state, wherever the state is. */
export async function findPackages(
  run: StackOfRun,
  report: (line: string) => void,
): Promise<readonly string[]> {
  const backend = findFileBackend(projectFolder, run.env);
  const state =
    backend === undefined ? await exportState(run, report) : readState(backend, run.stack);
  return findStatePackages(state);
}

/** The state as Pulumi exports it, with encrypted secrets. Empty if Pulumi cannot: the run itself reports why. */
async function exportState(
  { stack, env }: StackOfRun,
  report: (line: string) => void,
): Promise<string> {
  const toolchain = await ensureToolchain(report);
  const args = ["stack", "export", "--stack", stack, "--non-interactive"];
  const { exitCode, stdout } = await execa(toolchain.pulumi, args, {
    cwd: projectFolder,
    env: { ...env, ...toolchain.env },
    stdin: "ignore",
    reject: false,
  });
  return exitCode === 0 ? stdout : "";
}

/** None for a stack file with mistakes: the run itself reports them. */
function findPluginsOfFile({ stack, stackFile, env }: StackOfRun): readonly string[] {
  try {
    return findPlugins(loadStackFromFile(stack, projectFolder, stackFile), env);
  } catch {
    return [];
  }
}

export interface PulumiResult {
  readonly exitCode: number;
  /** Standard output and error, in order; empty when they went to the terminal only. */
  readonly output: string;
}

/** Where the CLI's output goes: to the terminal, into the result, or both. */
export type PulumiOutput = "show" | "keep" | "both";

/**
 * Variables that `npm run pulumi` and `npm start` set for Pulumi, unless the user's environment has them.
 *
 * Pulumi writes the state once, at the end. After a killed run, the state is as before that run, without
 * pending operations, and the next run adopts what is there. Pulumi's garbage collection runs less often, which
 * saves a tenth of the time for a thousand apps.
 *
 * @see https://www.pulumi.com/docs/cli/environment-variables
 * @see https://go.dev/doc/gc-guide
 */
export function pulumiDefaults(
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const { PULUMI_SKIP_CHECKPOINTS = "true", GOGC = "300" } = env;
  return { PULUMI_SKIP_CHECKPOINTS, ...inParallel(env), GOGC };
}

/**
 * Runs `pulumi` in the project folder, on the sandbox's stack and with its stack file, unless the arguments
 * name others. Both are set in the environment, because many commands refuse them as options.
 */
export async function runPulumi(
  toolchain: Toolchain,
  sandbox: Sandbox,
  args: readonly string[],
  options: {
    readonly output: PulumiOutput;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<PulumiResult> {
  const on = { PULUMI_STACK: sandbox.stack, PULUMI_OPTION_CONFIG_FILE: sandbox.stackFile };
  const out = { show: "inherit", keep: "pipe", both: ["inherit", "pipe"] } as const;
  const { result, isInterrupted } = await waitForPulumi(() => {
    const pulumi = execa(toolchain.pulumi, args, {
      cwd: projectFolder,
      env: { ...toolchain.env, ...sandbox.env, ...on, ...options.env },
      stdin: options.output === "keep" ? "ignore" : "inherit",
      stdout: out[options.output],
      stderr: out[options.output],
      all: true,
      ...outlived,
    });
    const noting = noteOwnLock(sandbox, pulumi.pid);
    void pulumi.finally(noting.stop);
    return pulumi;
  });
  return { exitCode: toExitCode(result.exitCode, isInterrupted), output: result.all ?? "" };
}

/** 130 after Ctrl-C. Pulumi's own code if Ctrl-C came too late to stop anything. */
export function toExitCode(exitCode: number | undefined, isInterrupted: boolean): number {
  return isInterrupted && exitCode !== 0 ? 130 : (exitCode ?? 1);
}

/** Makes the sandbox's stack in its backend, if it does not exist. */
export async function ensureStack(toolchain: Toolchain, sandbox: Sandbox): Promise<void> {
  if (readState(backendOf(sandbox), sandbox.stack) !== "") return;
  await execa(toolchain.pulumi, ["stack", "init", sandbox.stack, "--non-interactive"], {
    cwd: sandbox.home,
    env: { ...toolchain.env, ...sandbox.env },
  });
}
