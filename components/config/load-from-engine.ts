import { existsSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { exampleFile } from "../command-line.ts";
import { BerthError } from "../errors.ts";
import { projectFolder } from "../project-folder.ts";
import { readConfigFile } from "./environment.ts";
import {
  findStackFile,
  loadVaultStack,
  locateInStackFile,
  prefix,
  refuseSecretKeys,
} from "./load.ts";
import { parseStack } from "./parse.ts";
import type { StackSpec } from "./spec.ts";
import { describePlainWords } from "./yaml/plain-words.ts";

/** It is there, but not in the SDK's types: `Config` uses it. */
const { isConfigSecret } = pulumi.runtime as unknown as {
  readonly isConfigSecret: (key: string) => boolean;
};

/** Reads the stack that Pulumi is running, from the values that the engine passes to the program. */
export function loadStackFromEngine(): StackSpec {
  const stack = pulumi.getStack();
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  const secret = own.map(([key]) => key).filter(isConfigSecret);
  refuseSecretKeys(
    stack,
    projectFolder,
    secret.map((key) => key.slice(prefix.length)),
  );
  const raw = Object.fromEntries(
    own.map(([key, text]) => [key.slice(prefix.length), parseValue(key, text)]),
  );
  const vaultStack = loadVaultStack(stack, projectFolder, raw, readConfigFile());
  if (vaultStack !== undefined) return vaultStack;
  const file = findStackFile(stack, projectFolder);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return parseStack(stack, raw, undefined, {
    locate: locateInStackFile(stack, projectFolder, raw),
    problems: describePlainWords(text, raw),
  });
}

/** Pulumi passes structured values as JSON text, and plain ones as they are. Only one key has a plain value. */
function parseValue(key: string, text: string): unknown {
  if (key === `${prefix}vaultFor`) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BerthError(`${key}: got ${text.slice(0, 60)}; expected a mapping of keys to values`, {
      hint: `write it as in ${exampleFile}`,
      cause,
    });
  }
}
