import { execa } from "execa";
import { loadStackFromFile } from "../../components/config/load.ts";
import { BerthError } from "../../components/errors.ts";
import type { Risk } from "../../components/postgres/statements/risks.ts";
import { projectFolder } from "../../components/project-folder.ts";
import type { StackArgs } from "../define-verb.ts";
import { print, printError, printFile, printJson, withProgress } from "../print.ts";
import {
  describeMissing,
  Interrupted,
  inParallel,
  outlived,
  waitForPulumi,
} from "../pulumi-process.ts";
import { toStackPreview } from "./changes.ts";
import { postComment } from "./comment.ts";
import { type Digest, parseDigest } from "./digest.ts";
import { toMarkdown } from "./markdown.ts";
import type { StackPreview } from "./model.ts";
import { printPreview } from "./text.ts";

export interface PreviewArgs extends StackArgs {
  readonly form: "text" | "json" | "markdown";
  /** Post the Markdown as a comment on the pull request of this CI job, or update it. */
  readonly comment: boolean;
  /** Kinds of risk that make the exit code 1. */
  readonly failOn: readonly Risk[];
  /** File for the plan that `pulumi up --plan` takes. */
  readonly savePlan: string | undefined;
}

/** Exit code 1: the preview found an error, or a risk of `--fail-on`. */
export async function preview(args: PreviewArgs): Promise<number> {
  const spec = loadStackFromFile(args.stack, projectFolder, args.file);
  const { digest, isFailed } = await runPreview(args);
  const shown = toStackPreview(
    spec.stack,
    spec.apps.map(({ name }) => name),
    digest,
    isFailed,
  );
  if (args.form === "json") printJson(shown);
  else if (args.form === "markdown") printFile(toMarkdown(shown));
  else printPreview(shown);
  if (args.comment) printError(await postComment(toMarkdown(shown), shown));
  const blocked = shown.risks.filter(({ risk }) => args.failOn.includes(risk));
  printBlocked(blocked, args.form);
  return isFailed || blocked.length > 0 ? 1 : 0;
}

function printBlocked(blocked: StackPreview["risks"], form: PreviewArgs["form"]): void {
  const show = form === "text" ? print : printError;
  for (const { risk, app, what } of blocked) {
    show(`blocked by --fail-on ${risk}: ${app === undefined ? "" : `app ${app}: `}${what}`);
  }
}

async function runPreview({ stack, file, savePlan }: PreviewArgs): Promise<{
  readonly digest: Digest;
  readonly isFailed: boolean;
}> {
  const args = [
    // With those that stay the same it is known which apps were compared.
    "preview",
    "--json",
    "--show-sames",
    "--non-interactive",
    "--stack",
    stack,
    ...(file === undefined ? [] : ["--config-file", file]),
    ...(savePlan === undefined ? [] : ["--save-plan", savePlan]),
  ];
  const options = { cwd: projectFolder, env: inParallel(), stdin: "ignore", ...outlived } as const;
  const { result, isInterrupted, hasStarted } = await withProgress(
    "pulumi preview is running",
    () => waitForPulumi(() => execa("pulumi", args, options)),
  );
  if (!hasStarted) {
    throw new BerthError(`preview: ${describeMissing(result)}`, {
      hint: "install Pulumi (https://www.pulumi.com/docs/install/), then run the same command again",
    });
  }
  if (isInterrupted) throw new Interrupted("preview: interrupted; nothing was changed");
  const digest = parseDigest(result.stdout);
  if (digest === undefined) {
    printError(result.stderr.trim() || result.stdout.trim());
    throw new BerthError("preview: pulumi preview failed", {
      hint: "fix what pulumi says above, then run the same command again",
    });
  }
  return { digest, isFailed: result.failed };
}
