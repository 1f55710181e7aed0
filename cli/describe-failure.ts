import { BerthError } from "../components/errors.ts";

/**
 * What is printed of a failure. Of a mistake in the arguments its message is all; a fault's stack belongs
 * in the report.
 *
 * @param help The command that tells the options.
 */
export function describeFailure(error: unknown, help: string): string {
  if (error instanceof BerthError) return error.message;
  const { code, message, stack } = error as Error & { code?: string };
  if (code?.startsWith("ERR_PARSE_ARGS") !== true) return String(stack);
  // What follows is about options that mean files.
  const [what = ""] = message.split(". To specify a positional argument");
  return `${what}\n  fix: ${help} tells the options`;
}
