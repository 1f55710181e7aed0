/**
 * The running calls. gRPC does not know them: a call is over for gRPC when the engine has ended, but its
 * statements may still run.
 */
export class CallsUnderWay {
  readonly #calls = new Set<Promise<unknown>>();

  add(call: Promise<unknown>): void {
    this.#calls.add(call);
    void call.finally(() => this.#calls.delete(call));
  }

  /** Resolves when no call is running. */
  async end(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls);
  }
}
