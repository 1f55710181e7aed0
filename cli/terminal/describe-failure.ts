import { CommanderError } from "@commander-js/extra-typings";
import { BerthError } from "../../components/errors.ts";

/**
 * The text for an error. For wrong arguments it is the message alone; for a fault it includes the stack.
 *
 * @param help Where the right arguments are described.
 */
export function describeFailure(error: unknown, help: string): string {
  if (error instanceof BerthError) return error.message;
  if (error instanceof CommanderError) return describeUsage(error.message, help);
  const { code, message, stack } = error as Error & { code?: string };
  if (code?.startsWith("ERR_PARSE_ARGS") !== true) return String(stack);
  // The rest of Node's message is about positional arguments.
  const [what = ""] = message.split(". To specify a positional argument");
  return describeUsage(what, help);
}

/** Commander puts what was probably meant on a line of its own. */
function describeUsage(message: string, help: string): string {
  const [what = "", meant] = message.replace(/^error: /, "").split("\n");
  const guess = meant === undefined ? "" : ` ${meant.replace("Did", "did")}`;
  return `${what}${guess}\n  fix: ${help}`;
}
