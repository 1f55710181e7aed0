import { BerthError } from "../components/errors.ts";

/** What is printed of a failure. Of a mistake in the arguments its message is all; a fault's stack belongs in the report. */
export function describeFailure(error: unknown): string {
  const { code, message, stack } = error as Error & { code?: string };
  const isMistake = error instanceof BerthError || code?.startsWith("ERR_PARSE_ARGS") === true;
  return isMistake ? message : String(stack);
}
