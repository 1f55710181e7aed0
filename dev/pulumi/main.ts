import { execa } from "execa";
import { printError } from "../../cli/print.ts";
import { outlived, waitForPulumi } from "../../cli/pulumi-process.ts";
import { describeFailure } from "../../cli/terminal/describe-failure.ts";
import { outliveOutput } from "../../cli/terminal/outlive-output.ts";
import { explainLock } from "../../components/engine/stack-locks.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { ensureToolchain } from "../../toolchain/ensure.ts";
import { enterSandbox } from "../cluster/reopen.ts";
import { keepCommitted } from "../stack-file.ts";
import { findOption, findStack, isQuestion } from "./args.ts";
import { ensurePlugins, ensureStack, pulumiDefaults, runPulumi, toExitCode } from "./cli.ts";
import { backendOf, releaseOwnLock } from "./own-lock.ts";

/**
 * `npm run pulumi -- preview`: the Pulumi CLI on the stack of `npm start`, or on the stack of `--stack`, with
 * the environment of `pulumiDefaults`.
 */
outliveOutput();
const args = process.argv.slice(2);
const env = pulumiDefaults();
const toolchain = await ensureToolchain(printError);
const stack = findStack(args) ?? "dev";
try {
  const isSandbox = stack === "dev" && !isQuestion(args);
  process.exitCode = isSandbox ? await runOnSandbox() : await runOnOther();
} catch (error) {
  printError(describeFailure(error, "npm run pulumi -- --help shows the options"));
  process.exitCode = 2;
}

async function runOnOther(): Promise<number> {
  const stackFile = findOption(args, "--config-file");
  // Pulumi Cloud may put the organization and the project before the name.
  const name = stack.split("/").at(-1) ?? stack;
  if (!isQuestion(args))
    await ensurePlugins({ stack: name, stackFile, env: process.env }, printError);
  const options = { cwd: projectFolder, stdio: "inherit", ...outlived } as const;
  const { result, isInterrupted } = await waitForPulumi(() =>
    execa(toolchain.pulumi, args, { ...options, env: { ...toolchain.env, ...env } }),
  );
  return toExitCode(result.exitCode, isInterrupted);
}

async function runOnSandbox(): Promise<number> {
  const sandbox = await enterSandbox();
  await ensurePlugins(
    { ...sandbox, stackFile: findOption(args, "--config-file") ?? sandbox.stackFile },
    printError,
  );
  await ensureStack(toolchain, sandbox);
  releaseOwnLock(sandbox);
  const { exitCode } = await keepCommitted(() =>
    runPulumi(toolchain, sandbox, args, { output: "show", env }),
  );
  // Pulumi's own message suggests `pulumi cancel`, which uses another backend.
  const locked = exitCode === 0 ? undefined : explainLock(backendOf(sandbox), sandbox.stack);
  if (locked !== undefined) printError(locked.message);
  return exitCode;
}
