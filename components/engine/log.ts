import type { log as Log } from "@pulumi/pulumi";
import { toTerminalText } from "../terminal-text.ts";

/**
 * Changes what the program tells the engine, the error that ends it included: what others wrote becomes fit for a
 * terminal. The SDK would also tell of each step, one after the other, which takes as long as the steps
 * themselves, and `--debug` prints it: with all that 1Password answered.
 */
export function makeLogFit(log: typeof Log): void {
  const fit =
    (write: typeof log.info): typeof log.info =>
    (text, ...more) =>
      write(toTerminalText(text), ...more);
  const { info, warn, error } = log;
  const debug = (): Promise<void> => Promise.resolve();
  Object.assign(log, { debug, info: fit(info), warn: fit(warn), error: fit(error) });
}
