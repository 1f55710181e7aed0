import { execa } from "execa";
import type { AppSpec } from "../../components/config/spec.ts";
import { BerthError } from "../../components/errors.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { printError } from "../print.ts";
import { outlived, waitForPulumi } from "../pulumi-process.ts";
import type { RotateArgs } from "./context.ts";

/**
 * This app's place on Postgres alone: what else waits in the stack file is not rotate's to bring up.
 *
 * @param sofar What the operator should know is done where it fails.
 */
export async function runUp(args: RotateArgs, app: AppSpec, sofar: string): Promise<void> {
  const urn = `urn:pulumi:${args.stack}::berth::`;
  const targets =
    app.provisioner === "berth"
      ? [`${urn}pulumi:providers:berth::berth`, `${urn}berth:postgres:AppDatabase::${app.name}`]
      : [];
  const pulumi = execa(
    "pulumi",
    [
      ...["up", "--yes", "--skip-preview", "--non-interactive", "--stack", args.stack],
      ...(args.file === undefined ? [] : ["--config-file", args.file]),
      ...targets.flatMap((target) => ["--target", target]),
    ],
    {
      cwd: projectFolder,
      env: targets.length > 0 ? { BERTH_TARGETED: "true" } : {},
      stdin: "ignore",
      stdout: process.stderr,
      stderr: "inherit",
      ...outlived,
    },
  );
  const { result, isInterrupted } = await waitForPulumi(pulumi);
  if (isInterrupted) {
    const { message } = new BerthError(`app ${app.name}: interrupted; ${sofar}`, {
      hint: "run the same command again: it goes on from here",
    });
    printError(message);
    process.exit(130);
  }
  if (result.failed) {
    throw new BerthError(`app ${app.name}: pulumi up failed; ${sofar}`, {
      hint: "mend what pulumi says above, then run the same command again: it goes on from here",
    });
  }
}
