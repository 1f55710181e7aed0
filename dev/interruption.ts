import { devHome, stopSandbox } from "./sandbox.ts";

/**
 * Ctrl-C while `npm start` works: `pulumi` is let finish the steps in flight, then what this run
 * started is stopped; what ran before goes on.
 */
export class Interruption {
  readonly #cancel = new AbortController();
  readonly #isRunningBefore: boolean;
  #child: Promise<unknown> = Promise.resolve();

  constructor(isRunningBefore: boolean) {
    this.#isRunningBefore = isRunningBefore;
    process.once("SIGINT", () => void this.#stop("SIGINT"));
    process.once("SIGTERM", () => void this.#stop("SIGTERM"));
  }

  /** For the child that has to be told; in a terminal Ctrl-C reaches it by itself. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** A child that is to end before its servers do. */
  async waitFor<T>(child: Promise<T>): Promise<T> {
    this.#child = child;
    return await child;
  }

  async #stop(signal: "SIGINT" | "SIGTERM"): Promise<void> {
    process.stdout.write("\nStopping. Run the same command again to go on from here.\n");
    // A second Ctrl-C in a terminal goes to the child, whose answer to it is to give up at once.
    process.on("SIGINT", () => undefined);
    if (signal === "SIGTERM" || !process.stdin.isTTY) this.#cancel.abort();
    await this.#child.catch(() => undefined);
    if (!this.#isRunningBefore) await stopSandbox(devHome);
    process.exit(130);
  }
}
