import { CommanderError } from "@commander-js/extra-typings";
import { BerthError } from "../../components/errors.ts";

/** For wrong arguments the message and `help`, which says where the right ones are described; for a fault the stack. */
export function describeFailure(error: unknown, help: string): string {
  if (error instanceof BerthError) return error.message;
  if (error instanceof CommanderError) return describeUsage(error.message, help);
  if (!(error instanceof Error)) return `a fault: ${String(error)}`;
  const { code, message, stack } = error as Error & { readonly code?: string };
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
