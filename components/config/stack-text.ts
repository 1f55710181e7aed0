import { parse } from "yaml";
import { BerthError } from "../errors.ts";

/**
 * Parses the text of a stack file; `null` = the file is empty.
 *
 * @throws BerthError with the line that is not valid YAML.
 */
export function parseStackText(
  stack: string,
  file: string,
  text: string,
): { config?: Record<string, unknown> } | null {
  try {
    return parse(text) as { config?: Record<string, unknown> } | null;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BerthError(`stack ${stack}: ${file} is not valid YAML: ${reason.trim()}`, {
      hint: "correct that line, then run the same command again",
      cause,
    });
  }
}
