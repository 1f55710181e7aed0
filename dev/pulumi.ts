import { execa } from "execa";
import { describeFailure } from "../cli/describe-failure.ts";
import { outlived, waitForPulumi } from "../cli/pulumi-process.ts";
import { findFileBackend } from "../components/engine/file-backend.ts";
import { endKilledRuns } from "../components/engine/killed-run.ts";
import { projectFolder } from "../components/project-folder.ts";
import { reopenCluster } from "./cluster/reopen.ts";
import { keepToSandbox } from "./environment.ts";
import { asksOfPulumi, findStack } from "./pulumi-args.ts";
import { ensureStack, openToolchain, pulumiDefaults, runPulumi, toExitCode } from "./pulumi-cli.ts";
import { devHome, openSandbox } from "./sandbox.ts";
import { keepCommitted } from "./stack-file.ts";

/**
 * `npm run pulumi -- preview`: the Pulumi CLI on the stack that `npm start` brings up, or on the one that
 * `--stack` names; with what makes a run that was killed leave nothing behind.
 */
const args = process.argv.slice(2);
const env = pulumiDefaults();
const toolchain = await openToolchain((line) => process.stderr.write(`${line}\n`));
const stack = findStack(args) ?? "dev";
try {
  const isSandbox = stack === "dev" && !asksOfPulumi(args);
  process.exitCode = isSandbox ? await runOnSandbox() : await runOnOther();
} catch (error) {
  process.stderr.write(`${describeFailure(error, "npm run pulumi -- --help")}\n`);
  process.exitCode = 2;
}

async function runOnOther(): Promise<number> {
  if (stack !== "dev") mendFileBackend();
  const options = { cwd: projectFolder, stdio: "inherit", ...outlived } as const;
  const pulumi = execa(toolchain.pulumi, args, {
    ...options,
    env: { ...toolchain.env, ...env },
  });
  const { result, isInterrupted } = await waitForPulumi(pulumi);
  return toExitCode(result.exitCode, isInterrupted);
}

function mendFileBackend(): void {
  const backend = findFileBackend(projectFolder, process.env);
  if (backend !== undefined) endKilledRuns(backend);
}

async function runOnSandbox(): Promise<number> {
  keepToSandbox();
  const sandbox = await openSandbox({ home: devHome });
  await reopenCluster(sandbox);
  await ensureStack(toolchain, sandbox);
  const { exitCode } = await keepCommitted(() =>
    runPulumi(toolchain, sandbox, args, { output: "show", env }),
  );
  return exitCode;
}
