import { print } from "../cli/print.ts";
import { devHome, stopSandbox } from "./sandbox.ts";

/**
 * Ctrl-C during `npm start`: waits until `pulumi` has finished the steps in flight, then stops what this run
 * started. Servers that ran before stay.
 */
export class Interruption {
  readonly #isRunningBefore: boolean;
  #child: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(isRunningBefore: boolean) {
    this.#isRunningBefore = isRunningBefore;
    // A signal after the first is for the child only.
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        this.#stopping ??= this.#stop();
      });
    }
  }

  /** Set after a signal. It never resolves, so failures that the signal causes are not reported. */
  get stopping(): Promise<void> | undefined {
    return this.#stopping;
  }

  /** Waits for a child that gets the signal too and must end before its servers do. */
  async waitFor<T>(child: Promise<T>): Promise<T> {
    this.#child = child;
    try {
      return await child;
    } finally {
      await this.#stopping;
    }
  }

  async #stop(): Promise<void> {
    print("\nStopping. Run the same command again to go on from here.");
    await this.#child.catch(() => undefined);
    if (!this.#isRunningBefore) await stopSandbox(devHome);
    process.exit(130);
  }
}
