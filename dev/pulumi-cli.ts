import { existsSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { outlived, waitForPulumi } from "../cli/pulumi-process.ts";
import { endKilledRuns } from "../components/engine/killed-run.ts";
import { projectFolder } from "../components/project-folder.ts";
import { ensureToolchain, type Toolchain } from "../toolchain/ensure.ts";
import { defaultParts } from "../toolchain/parts.ts";
import { type Sandbox } from "./sandbox.ts";

/** The Pulumi CLI with its plugins; see `toolchain/`. */
export function openToolchain(report: (line: string) => void): Promise<Toolchain> {
  return ensureToolchain({ parts: defaultParts, report });
}

/** How a run of the CLI ended. */
export interface PulumiResult {
  readonly exitCode: number;
  /** Standard output and error, in order; empty when they went to the terminal only. */
  readonly output: string;
}

/** What becomes of the CLI's output: to the terminal, kept, or both. */
export type PulumiOutput = "show" | "keep" | "both";

/**
 * What `npm run pulumi` and `npm start` set for Pulumi, unless the user's environment says otherwise.
 *
 * State is written once, at the end: of a run that is killed Pulumi then keeps no pending operation, which
 * it would not forget by itself; the next run takes up what is there. And Go, in which Pulumi is written,
 * collects garbage less often than it would: a tenth of the time that a thousand apps take goes there.
 *
 * @see https://www.pulumi.com/docs/cli/environment-variables
 * @see https://go.dev/doc/gc-guide
 */
export function pulumiDefaults(
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  const { PULUMI_SKIP_CHECKPOINTS = "true", GOGC = "300" } = env;
  return { PULUMI_SKIP_CHECKPOINTS, GOGC };
}

/**
 * Runs `pulumi` in the project folder, on the sandbox's stack and with its stack file, unless the arguments
 * name another. Both go by the environment, since many commands refuse them as options.
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
  const pulumi = execa(toolchain.pulumi, args, {
    cwd: projectFolder,
    env: { ...toolchain.env, ...sandbox.env, ...on, ...options.env },
    stdin: options.output === "keep" ? "ignore" : "inherit",
    stdout: out[options.output],
    stderr: out[options.output],
    all: true,
    ...outlived,
  });
  const { result, isInterrupted } = await waitForPulumi(pulumi);
  return { exitCode: toExitCode(result.exitCode, isInterrupted), output: result.all ?? "" };
}

/** 130 after Ctrl-C, unless it came too late to stop anything. */
export function toExitCode(exitCode: number | undefined, isInterrupted: boolean): number {
  return isInterrupted && exitCode !== 0 ? 130 : (exitCode ?? 1);
}

/** Makes the sandbox's stack in its backend, once, and mends what a killed run left there. */
export async function ensureStack(toolchain: Toolchain, sandbox: Sandbox): Promise<void> {
  const backend = { folder: path.join(sandbox.home, "state"), project: "berth" };
  if (existsSync(path.join(backend.folder, ".pulumi/stacks/berth", `${sandbox.stack}.json`))) {
    endKilledRuns(backend);
    return;
  }
  await execa(toolchain.pulumi, ["stack", "init", sandbox.stack, "--non-interactive"], {
    cwd: sandbox.home,
    env: { ...toolchain.env, ...sandbox.env },
  });
}
