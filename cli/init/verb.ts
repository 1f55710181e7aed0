import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { commandLine } from "../../components/command-line.ts";
import { findStackFile, prefix } from "../../components/config/load.ts";
import { parseStack } from "../../components/config/parse.ts";
import { BerthError } from "../../components/errors.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { print, printJson } from "../print.ts";
import { replaceFile } from "../stack-file.ts";
import { completeAnswers, type Given } from "./answers.ts";
import { addProjectFiles, addProvider } from "./project-files.ts";
import { fillStackFile, findAnswers, isSetUp } from "./stack-file.ts";

/** The verb: writes the stack file, and in a folder without a project the other files too. */
export async function init(args: {
  readonly stack: string;
  readonly file: string | undefined;
  readonly given: Given;
  readonly json: boolean;
}): Promise<number> {
  const { stack, file, given, json } = args;
  const target = findStackFile(stack, projectFolder, file);
  const before = existsSync(target) ? readFileSync(target, "utf8") : undefined;
  if (before !== undefined && isSetUp(before)) {
    throw new BerthError(`init: ${target} has keys of Berth already; nothing was written`, {
      hint: "edit that file; an app is an entry under berth:apps",
    });
  }
  const canAsk = !json && process.stdin.isTTY && process.stdout.isTTY;
  const answers = await completeAnswers({ ...findAnswers(before ?? ""), ...given }, canAsk);
  const after = fillStackFile(before ?? "", answers);
  refuseMistakes(stack, after);
  const added = addProjectFiles(projectFolder);
  const changed = addProvider(projectFolder) ? ["Pulumi.yaml"] : [];
  if (before === undefined) writeFileSync(target, after, { flag: "wx" });
  else replaceFile(target, { before, after }, () => undefined);
  // Only Pulumi makes a stack. It adds its salt to this file.
  const first = before === undefined ? [`pulumi stack init ${stack}`] : [];
  const written = [...new Set([...added, ...changed, path.relative(projectFolder, target)])];
  report(written, json, [
    ...first,
    commandLine("doctor", `--stack ${stack}`),
    `pulumi preview --stack ${stack}`,
  ]);
  return 0;
}

/** Throws for an answer that the stack file must not have. */
function refuseMistakes(stack: string, text: string): void {
  const { config } = parse(text, { logLevel: "error" }) as {
    readonly config: Readonly<Record<string, unknown>>;
  };
  const own = Object.entries(config)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  parseStack(stack, Object.fromEntries(own));
}

function report(written: readonly string[], json: boolean, next: readonly string[]): void {
  if (json) {
    printJson({ written, next });
    return;
  }
  for (const file of written) print(`wrote ${file}`);
  print();
  print("next:");
  for (const command of next) print(`  ${command}`);
}
