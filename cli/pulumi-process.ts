import type { Options, Result, ResultPromise } from "execa";

/** Options for execa: Pulumi is not killed with this process, and a failure of Pulumi is not an exception. */
export const outlived = { cleanup: false, reject: false } as const;

/** How Pulumi ended, and whether a signal came. */
export interface PulumiEnd<O extends Options> {
  readonly result: Result<O>;
  readonly isInterrupted: boolean;
}

/**
 * Waits for Pulumi, also after Ctrl-C, when Pulumi finishes the steps in flight. Berth passes on one signal
 * only, because Pulumi gives up at the second. In a terminal Pulumi gets Ctrl-C without Berth.
 *
 * @param pulumi Started with `outlived`.
 */
export async function waitForPulumi<O extends Options>(
  pulumi: ResultPromise<O>,
): Promise<PulumiEnd<O>> {
  let isInterrupted = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    const hasSignal = isInterrupted || (signal === "SIGINT" && process.stdin.isTTY);
    if (!hasSignal) pulumi.kill("SIGINT");
    isInterrupted = true;
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    const result = await pulumi;
    return { result, isInterrupted };
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
