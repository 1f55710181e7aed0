/**
 * What the handlers are at work on. gRPC cannot tell: for it a call is over when the engine has gone,
 * while its statements still run.
 */
export class CallsUnderWay {
  readonly #calls = new Set<Promise<unknown>>();

  add(call: Promise<unknown>): void {
    this.#calls.add(call);
    void call.finally(() => this.#calls.delete(call));
  }

  /** Settles when no call is left. */
  async end(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls);
  }
}
