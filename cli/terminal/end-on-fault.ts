import { printError } from "../print.ts";
import { describeFailure } from "./describe-failure.ts";

/**
 * Ends with exit code 2 on an error that nobody waits for. Node would print the whole object, with the headers of a
 * request perhaps, and end with 1: "found a problem".
 */
export function endOnFault(): void {
  process.once("uncaughtException", (error: unknown) => {
    printError(describeFailure(error, ""));
    process.exit(2);
  });
}
