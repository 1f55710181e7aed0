import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { BerthError } from "../errors.ts";
import { parseStack } from "./parse.ts";
import type { StackSpec } from "./spec.ts";
import { parseStackText } from "./stack-text.ts";

/**
 * The only readers of stack configuration: inside the engine from what Pulumi hands over, outside it
 * (`verify` and other verbs) from the same file. One schema, parsed once.
 */

export const prefix = "berth:";

/**
 * The stack of that name, from `Pulumi.<stack>.yaml` in the project folder or from another file.
 *
 * @param file What one would give to `pulumi up --config-file`.
 */
export function loadStackFromFile(stack: string, projectFolder: string, file?: string): StackSpec {
  const { values } = readStackFile(stack, projectFolder, file);
  return parseStack(stack, values, file ?? defaultFile(stack));
}

/** Where Pulumi looks for the configuration of a stack. */
export function defaultFile(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

/** A stack file as it is written. */
export interface StackFile {
  readonly target: string;
  readonly text: string;
  /** What is under `config:`, without the `berth:` prefix. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** The same file, unparsed. */
export function readStackFile(stack: string, projectFolder: string, file?: string): StackFile {
  const target = path.resolve(projectFolder, file ?? defaultFile(stack));
  const found = statSync(target, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) {
    throw new BerthError(`stack ${stack}: the stack file ${target} is a folder`, {
      hint: "name a file with --config-file, or leave it out for Pulumi.<stack>.yaml",
    });
  }
  if (found === undefined) {
    throw new BerthError(`stack ${stack}: there is no stack file ${target}`, {
      hint: `name an existing stack with --stack, or copy Pulumi.prod.yaml to Pulumi.${stack}.yaml and edit it`,
    });
  }
  const text = readFileSync(target, "utf8");
  const document = parseStackText(stack, target, text);
  const values = Object.entries(document?.config ?? {})
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  return { target, text, values: Object.fromEntries(values) };
}
