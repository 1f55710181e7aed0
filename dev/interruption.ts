import { devHome, stopSandbox } from "./sandbox.ts";

/**
 * Ctrl-C while `npm start` works: `pulumi` is let finish the steps in flight, then what this run
 * started is stopped; what ran before goes on.
 */
export class Interruption {
  readonly #isRunningBefore: boolean;
  #child: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(isRunningBefore: boolean) {
    this.#isRunningBefore = isRunningBefore;
    // Each signal after the first is the child's alone.
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        this.#stopping ??= this.#stop();
      });
    }
  }

  /** Once interrupted, does not come back: what fails because of it is no news. */
  get stopping(): Promise<void> | undefined {
    return this.#stopping;
  }

  /** A child that is to end before its servers do, and has been told of the signal. */
  async waitFor<T>(child: Promise<T>): Promise<T> {
    this.#child = child;
    try {
      return await child;
    } finally {
      await this.#stopping;
    }
  }

  async #stop(): Promise<void> {
    process.stdout.write("\nStopping. Run the same command again to go on from here.\n");
    await this.#child.catch(() => undefined);
    if (!this.#isRunningBefore) await stopSandbox(devHome);
    process.exit(130);
  }
}
