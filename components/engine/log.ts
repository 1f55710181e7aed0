import { log } from "@pulumi/pulumi";
import { toTerminalText } from "../terminal-text.ts";

/** Makes all messages from the program to the engine safe to print, including the error that ends the program. */
export function makeLogFit(): void {
  const fit =
    (write: typeof log.info): typeof log.info =>
    (text, ...more) =>
      write(toTerminalText(text), ...more);
  const { info, warn, error } = log;
  Object.assign(log, { info: fit(info), warn: fit(warn), error: fit(error) });
}
