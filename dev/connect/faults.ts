import { z } from "zod";

const times = z.number().int().positive().optional();

/**
 * Faults that the stand-in can simulate. `times` is the number of requests that fail; without it the fault
 * stays until it is cleared. `path` limits it to request paths that contain this text.
 */
export const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("rate-limit"),
    retryAfterSeconds: z.number().nonnegative(),
    times,
    path: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal("server-error"),
    status: z.number().int().min(500).max(599).optional(),
    times,
    path: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal("slow"),
    milliseconds: z.number().nonnegative(),
    times,
    path: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("unauthorized"), times, path: z.string().optional() }),
  z.strictObject({ kind: z.literal("truncated"), times, path: z.string().optional() }),
  z.strictObject({ kind: z.literal("disconnect"), times, path: z.string().optional() }),
  z.strictObject({ kind: z.literal("missing-item"), item: z.string() }),
]);

/** One fault; see {@link faultSchema}. */
export type Fault = z.infer<typeof faultSchema>;

/** What to do with one request: wait, then fail in this way or serve it. */
export interface Verdict {
  readonly delayMilliseconds: number;
  readonly failure: Exclude<Fault, { kind: "slow" | "missing-item" }> | undefined;
}

/**
 * The faults of a stand-in, in order. Each request gets the first fault that still applies, so
 * `[rate-limit ×2, server-error ×1]` gives two 429, one 500, then correct answers. Slowness is added to any
 * other fault. The faults can change while the server runs.
 */
export class FaultScript {
  #entries: { fault: Fault; left: number }[] = [];

  constructor(faults: readonly Fault[] = []) {
    for (const fault of faults) this.play(fault);
  }

  /** Adds a fault after those already there. */
  play(fault: Fault): void {
    const limit = "times" in fault ? fault.times : undefined;
    this.#entries.push({ fault, left: limit ?? Number.POSITIVE_INFINITY });
  }

  /** Removes all faults. */
  clear(): void {
    this.#entries = [];
  }

  /** Decides about one request, and counts it for each fault that applies. */
  next(path: string): Verdict {
    let delayMilliseconds = 0;
    let failure: Verdict["failure"];
    for (const entry of this.#entries) {
      const { fault } = entry;
      if (fault.kind === "missing-item" || entry.left <= 0) continue;
      if (fault.path !== undefined && !path.includes(fault.path)) continue;
      if (fault.kind === "slow") delayMilliseconds += fault.milliseconds;
      else if (failure === undefined) failure = fault;
      else continue;
      entry.left -= 1;
    }
    return { delayMilliseconds, failure };
  }

  /** Whether the stand-in hides this item. */
  isHidden(item: { readonly id: string; readonly title: string }): boolean {
    return this.#entries.some(
      ({ fault }) =>
        fault.kind === "missing-item" && (fault.item === item.id || fault.item === item.title),
    );
  }
}
