import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { commandLine } from "../../components/command-line.ts";
import { findStackFile } from "../../components/config/load.ts";
import { parseStack } from "../../components/config/parse.ts";
import { BerthError } from "../../components/errors.ts";
import { projectFolder } from "../../components/project-folder.ts";
import type { StackArgs } from "../define-verb.ts";
import { print, printJson } from "../print.ts";
import { createFile, replaceFile } from "../stack-file.ts";
import { completeAnswers, type Given } from "./answers.ts";
import { addProjectFiles, addProvider } from "./project-files.ts";
import { fillStackFile, findAnswers, isSetUp, readDocument, toConfig } from "./stack-file.ts";

/** The verb: writes the stack file, and in a folder without a project the other files too. */
export async function init(
  args: StackArgs & { readonly given: Given; readonly json: boolean },
): Promise<number> {
  const { stack, file, given, json } = args;
  const target = findStackFile(stack, projectFolder, file);
  const before = existsSync(target) ? readFileSync(target, "utf8") : undefined;
  if (before !== undefined && isSetUp(before)) {
    throw new BerthError(`init: ${target} has keys of Berth already; nothing was written`, {
      hint: "edit that file; an app is an entry under berth:apps",
    });
  }
  const canAsk = !json && process.stdin.isTTY && process.stdout.isTTY;
  const document = readDocument(target, before ?? "");
  const answers = await completeAnswers({ ...findAnswers(document), ...given }, canAsk);
  const after = fillStackFile(document, before ?? "", answers);
  // Throws for an answer that the stack file must not have.
  parseStack(stack, toConfig(answers));
  const added = addProjectFiles(projectFolder);
  const changed = addProvider(projectFolder) ? ["Pulumi.yaml"] : [];
  if (before === undefined) createFile(target, after);
  else replaceFile(target, { before, after });
  // Only Pulumi makes a stack. It adds its salt to this file.
  const first = before === undefined ? [`pulumi stack init ${stack}`] : [];
  const written = [...new Set([...added, ...changed, path.relative(projectFolder, target)])];
  const preview = `pulumi preview --stack ${stack}`;
  const next = [...first, commandLine("doctor", `--stack ${stack}`), preview];
  if (json) {
    printJson({ written, next });
    return 0;
  }
  for (const file of written) print(`wrote ${file}`);
  print("\nnext:");
  for (const command of next) print(`  ${command}`);
  return 0;
}
