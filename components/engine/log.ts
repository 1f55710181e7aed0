import { log } from "@pulumi/pulumi";
import { toTerminalText } from "../terminal-text.ts";

/**
 * Changes what the program tells the engine, the error that ends it included: what others wrote becomes fit for a
 * terminal.
 */
export function makeLogFit(): void {
  const fit =
    (write: typeof log.info): typeof log.info =>
    (text, ...more) =>
      write(toTerminalText(text), ...more);
  const { info, warn, error } = log;
  Object.assign(log, { info: fit(info), warn: fit(warn), error: fit(error) });
}
