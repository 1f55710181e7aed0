/** The time of a command by part. A part may be measured more than once. */
export class Stopwatch {
  readonly #parts = new Map<string, number>();
  readonly #start = performance.now();

  async time<T>(part: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#parts.set(part, (this.#parts.get(part) ?? 0) + performance.now() - start);
    }
  }

  /** `7.2 s: toolchain 0.1, servers 1.5, …` */
  report(): string {
    const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
    const parts = [...this.#parts].map(([part, spent]) => `${part} ${seconds(spent)}`);
    return `${seconds(performance.now() - this.#start)} s: ${parts.join(", ")}`;
  }
}
