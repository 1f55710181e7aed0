import { parse } from "yaml";
import { BerthError } from "../errors.ts";

/** What Pulumi and people write into a stack file. */
export interface StackDocument {
  readonly config?: Record<string, unknown>;
  readonly encryptionsalt?: unknown;
  readonly encryptedkey?: unknown;
}

/** What a stack file holds, or where it is no YAML. In a file of its own, since Pulumi's SDK takes a second to load. */
export function parseStackText(stack: string, file: string, text: string): StackDocument | null {
  try {
    return parse(text) as StackDocument | null;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BerthError(`stack ${stack}: ${file} is no YAML: ${reason.trim()}`, {
      hint: "correct it there, then run the same command again",
      cause,
    });
  }
}
