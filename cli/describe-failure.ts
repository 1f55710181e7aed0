import { BerthError } from "../components/errors.ts";

/**
 * The text for an error. For wrong arguments it is the message alone; for a fault it includes the stack.
 *
 * @param help The command that shows the options.
 */
export function describeFailure(error: unknown, help: string): string {
  if (error instanceof BerthError) return error.message;
  const { code, message, stack } = error as Error & { code?: string };
  if (code?.startsWith("ERR_PARSE_ARGS") !== true) return String(stack);
  // The rest of Node's message is about positional arguments.
  const [what = ""] = message.split(". To specify a positional argument");
  return `${what}\n  fix: ${help} tells the options`;
}
