import { execa, type Options } from "execa";
import type { AppSpec } from "../../components/config/spec.ts";
import { readProjectName } from "../../components/engine/file-backend.ts";
import { BerthError } from "../../components/errors.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { printError } from "../print.ts";
import { describeMissing, Interrupted, outlived, waitForPulumi } from "../pulumi-process.ts";
import type { RotateArgs } from "./context.ts";

/** The arguments for Pulumi: this app alone. Other changes in the stack file are not applied. */
export interface AppRun {
  readonly args: RotateArgs;
  readonly app: AppSpec;
}

/** Before anything is written: a new password that `up` cannot bring to the server locks the app out. */
export async function previewApp({ args, app }: AppRun): Promise<void> {
  const { result, isInterrupted, hasStarted } = await waitForPulumi(() =>
    execa("pulumi", ["preview", ...toArgs({ args, app })], {
      ...toOptions(app),
      all: true,
      ...outlived,
    }),
  );
  if (!hasStarted) {
    throw new BerthError(`rotate: ${describeMissing(result)}; nothing was changed`, {
      hint: "install Pulumi (https://www.pulumi.com/docs/install/), then run the same command again",
    });
  }
  if (isInterrupted) throw new Interrupted(`app ${app.name}: interrupted; nothing was changed`);
  if (!result.failed) return;
  printError(result.all);
  throw new BerthError(`app ${app.name}: pulumi preview failed; nothing was changed`, {
    hint: result.all.includes("no stack named")
      ? `name a stack that pulumi stack ls lists, or make this one: pulumi stack init ${args.stack}`
      : "fix what pulumi says above, then run the same command again",
  });
}

/** Runs `pulumi up` for the app. `describe` says after a failure whether it can still log in. */
export async function upApp({ args, app }: AppRun, describe: () => Promise<string>): Promise<void> {
  const { result, isInterrupted } = await waitForPulumi(() =>
    execa("pulumi", ["up", "--yes", "--skip-preview", ...toArgs({ args, app })], {
      ...toOptions(app),
      stdout: process.stderr,
      stderr: "inherit",
      ...outlived,
    }),
  );
  if (isInterrupted) {
    throw new Interrupted(`app ${app.name}: interrupted; ${await describe()}`, {
      hint: "run the same command again: it goes on from here",
    });
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
