import * as pulumi from "@pulumi/pulumi";
import { BerthError } from "../errors.ts";
import { prefix } from "./load.ts";
import { parseStack } from "./parse.ts";
import type { StackSpec } from "./spec.ts";

/** Reads the stack that Pulumi is running, from the values that the engine passes to the program. */
export function loadStackFromEngine(): StackSpec {
  const values = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, text]) => [key.slice(prefix.length), parseValue(key, text)] as const);
  return parseStack(pulumi.getStack(), Object.fromEntries(values));
}

/** Pulumi passes structured values as JSON text, and plain ones as they are. */
function parseValue(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BerthError(`${key}: got ${text.slice(0, 60)}; expected a mapping of keys to values`, {
      hint: "write it as in Pulumi.prod.yaml",
      cause,
    });
  }
}
