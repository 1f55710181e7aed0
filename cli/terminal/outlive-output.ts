import { printError } from "../print.ts";

/**
 * Goes on where the reader of the output has ended, as in `npm run verify | head`, or where the output has no room,
 * as in a log on a full disk: `rotate` must not stop halfway. Exit code 2 says that output is missing.
 */
export function outliveOutput(): void {
  let isReported = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      if (code === "EPIPE" || isReported) return;
      isReported = true;
      process.once("exit", () => {
        process.exitCode = 2;
      });
      printError(`the output could not be written: ${message}`);
    });
  }
}
