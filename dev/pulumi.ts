import { existsSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { findFileBackend } from "../cli/doctor/backend.ts";
import { openWorld } from "../cli/doctor/world.ts";
import { outlived, waitForPulumi } from "../cli/pulumi-process.ts";
import { projectFolder } from "../components/project-folder.ts";
import { reopenCluster } from "./cluster/reopen.ts";
import { keepToSandbox } from "./environment.ts";
import { mendBackend } from "./mend-backend.ts";
import { ensureStack, openToolchain, pulumiDefaults, runPulumi, toExitCode } from "./pulumi-cli.ts";
import { devHome, openSandbox } from "./sandbox.ts";

/**
 * `npm run pulumi -- preview`: the Pulumi CLI on the stack that `npm start` brings up, or on the one that
 * `--stack` names; with what makes a run that was killed leave nothing behind.
 */
const args = process.argv.slice(2);
const env = pulumiDefaults();
const toolchain = await openToolchain((line) => process.stderr.write(`${line}\n`));
const [, named = "dev"] = /(?:^| )(?:--stack|-s)[= ](\S+)/.exec(args.join(" ")) ?? [];
process.exitCode = named !== "dev" ? await runOnOther() : await runOnSandbox();

async function runOnOther(): Promise<number> {
  const folder = findFileBackend(openWorld(projectFolder));
  const backend = path.join(folder ?? "", ".pulumi");
  if (folder !== undefined && existsSync(backend)) mendBackend(backend);
  const options = { cwd: projectFolder, stdio: "inherit", ...outlived } as const;
  const pulumi = execa(toolchain.pulumi, args, {
    ...options,
    env: { ...toolchain.env, ...env },
  });
  const { result, isInterrupted } = await waitForPulumi(pulumi);
  return toExitCode(result.exitCode, isInterrupted);
}

async function runOnSandbox(): Promise<number> {
  keepToSandbox();
  const sandbox = await openSandbox({ home: devHome });
  await reopenCluster(sandbox);
  await ensureStack(toolchain, sandbox);
  const { exitCode } = await runPulumi(toolchain, sandbox, args, { output: "show", env });
  return exitCode;
}
