import type { Options, Result, ResultPromise } from "execa";

/** For execa: Pulumi is not to be ended with this process, which stays until it has ended. */
export const outlived = { cleanup: false, reject: false } as const;

/** How Pulumi ended, and whether somebody asked it to. */
export interface PulumiEnd<O extends Options> {
  readonly result: Result<O>;
  readonly isInterrupted: boolean;
}

/**
 * Waits for Pulumi, also through Ctrl-C, at which it finishes the steps in flight. It gets one signal at
 * most, because at the second it gives up. In a terminal Ctrl-C reaches it by itself.
 *
 * @param pulumi - started with `outlived`
 */
export async function waitForPulumi<O extends Options>(
  pulumi: ResultPromise<O>,
): Promise<PulumiEnd<O>> {
  let isInterrupted = false;
  const interrupt = (signal: NodeJS.Signals): void => {
    const isTold = isInterrupted || (signal === "SIGINT" && process.stdin.isTTY);
    if (!isTold) pulumi.kill("SIGINT");
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
