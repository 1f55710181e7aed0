import { z } from "zod";

const times = z.number().int().positive().optional();

/**
 * What can be made to go wrong. `times` counts the requests it hits; without it the fault stays
 * until it is cleared. `path` limits it to request paths that contain that text.
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

/** One thing that goes wrong; see {@link faultSchema}. */
export type Fault = z.infer<typeof faultSchema>;

/** What to do with one request: wait first, then fail in this way, or serve it. */
export interface Verdict {
  readonly delayMilliseconds: number;
  readonly failure: Exclude<Fault, { kind: "slow" | "missing-item" }> | undefined;
}

/**
 * The faults a stand-in plays, in the order they were given: each request takes the first fault
 * that still has turns left, so `[rate-limit ×2, server-error ×1]` is two 429, one 500, then good
 * service. Slowness adds to whatever else happens. Can be changed while the server runs.
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

  /** Drops every fault: good service from the next request on. */
  clear(): void {
    this.#entries = [];
  }

  /** Decides about one request, and uses up a turn of each fault that applies. */
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

  /** Whether an item is to be treated as if it did not exist. */
  isHidden(item: { readonly id: string; readonly title: string }): boolean {
    return this.#entries.some(
      ({ fault }) =>
        fault.kind === "missing-item" && (fault.item === item.id || fault.item === item.title),
    );
  }
}
