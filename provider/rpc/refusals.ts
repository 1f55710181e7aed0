import type { Report } from "./engine-log.ts";

/** What handlers share in a process. */
export interface RunContext {
  readonly report: Report;
  readonly refusals: Refusals;
  readonly isOffline: boolean;
}

/**
 * What a preview refuses. Where the program asks for it at its end, the preview goes on after each refusal, so that it
 * shows all of them, and what it would do about everything else.
 */
export class Refusals {
  readonly #report: Report;
  /** Whom they are about; undefined = the program does not ask. */
  #names: Set<string> | undefined;

  constructor(report: Report) {
    this.#report = report;
  }

  get areCollected(): boolean {
    return this.#names !== undefined;
  }

  /** From now on the program asks. */
  collect(): void {
    this.#names = new Set();
  }

  /** Reports why something, as `app wiki`, is refused. Throws the error if nobody asks for it later. */
  refuse(urn: string, name: string, error: Error): void {
    if (this.#names === undefined) throw error;
    this.#names.add(name);
    this.#report("error", urn, error.message);
  }

  /** What the program asks for. */
  list(): string[] {
    return [...(this.#names ?? [])].toSorted();
  }
}
