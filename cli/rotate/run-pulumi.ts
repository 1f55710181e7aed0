import { execa, type Options } from "execa";
import { pulumiLine } from "../../components/command-line.ts";
import type { AppSpec } from "../../components/config/spec.ts";
import { readProjectName } from "../../components/engine/file-backend.ts";
import { BerthError } from "../../components/errors.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { printError } from "../print.ts";
import { outlived, waitForPulumi } from "../pulumi-process.ts";
import type { RotateArgs } from "./context.ts";

/** The arguments for Pulumi: this app alone. Other changes in the stack file are not applied. */
export interface AppRun {
  readonly args: RotateArgs;
  readonly app: AppSpec;
}

/**
 * Checks that the final `up` can run, before anything is written. A new password that does not reach the server
 * locks the app out. Prints Pulumi's output only if it fails.
 */
export async function previewApp({ args, app }: AppRun): Promise<void> {
  const pulumi = execa("pulumi", ["preview", ...toArgs({ args, app })], {
    ...toOptions(app),
    all: true,
    ...outlived,
  });
  const { result, isInterrupted } = await waitForPulumi(pulumi);
  if (result.code === "ENOENT") {
    throw new BerthError("rotate: pulumi is not on PATH; nothing was changed", {
      hint: "install Pulumi (https://www.pulumi.com/docs/install/), then run the same command again",
    });
  }
  if (isInterrupted) throw new BerthError(`app ${app.name}: interrupted; nothing was changed`);
  if (!result.failed) return;
  printError(result.all);
  throw new BerthError(`app ${app.name}: pulumi preview failed; nothing was changed`, {
    hint: toHint(result.all, args.stack),
  });
}

/** For what Pulumi may say without a way out. */
function toHint(output: string, stack: string): string {
  if (output.includes("no stack named")) {
    return `name a stack that pulumi stack ls lists, or make this one: pulumi stack init ${stack}`;
  }
  const again = "then run the same command again";
  return output.includes("--target")
    ? `apply the other changes of the stack file first: ${pulumiLine("up", stack)}; ${again}`
    : `fix what pulumi says above, ${again}`;
}

/**
 * Runs `pulumi up` for the app.
 *
 * @param describe After a failure: whether the app can still log in.
 */
export async function upApp({ args, app }: AppRun, describe: () => Promise<string>): Promise<void> {
  const pulumi = execa("pulumi", ["up", "--yes", "--skip-preview", ...toArgs({ args, app })], {
    ...toOptions(app),
    stdout: process.stderr,
    stderr: "inherit",
    ...outlived,
  });
  const { result, isInterrupted } = await waitForPulumi(pulumi);
  if (isInterrupted) {
    const { message } = new BerthError(`app ${app.name}: interrupted; ${await describe()}`, {
      hint: "run the same command again: it goes on from here",
    });
    printError(message);
    process.exit(130);
  }
  if (result.failed) {
    throw new BerthError(`app ${app.name}: pulumi up failed; ${await describe()}`, {
      hint: "fix what pulumi says above, then run the same command again: it goes on from here",
    });
  }
}

function toArgs({ args, app }: AppRun): string[] {
  return [
    "--non-interactive",
    "--suppress-outputs",
    "--stack",
    args.stack,
    ...(args.file === undefined ? [] : ["--config-file", args.file]),
    ...toTargets(args, app).flatMap((target) => ["--target", target]),
  ];
}

function toTargets({ stack }: RotateArgs, app: AppSpec): string[] {
  const urn = `urn:pulumi:${stack}::${readProjectName(projectFolder) ?? ""}::`;
  return app.provisioner === "berth"
    ? [`${urn}pulumi:providers:berth::berth`, `${urn}berth:postgres:AppDatabase::${app.name}`]
    : [];
}

function toOptions(app: AppSpec) {
  return {
    cwd: projectFolder,
    env: app.provisioner === "berth" ? { BERTH_TARGETED: "true" } : {},
    stdin: "ignore",
  } as const satisfies Options;
}
