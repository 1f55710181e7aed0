import { z } from "zod";

const limits = {
  /** Number of requests that fail. Without it the fault stays until it is cleared. */
  times: z.number().int().positive().optional(),
  /** Only requests whose path contains this text fail. */
  path: z.string().optional(),
};

export const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("rate-limit"),
    retryAfterSeconds: z.number().nonnegative(),
    ...limits,
  }),
  z.strictObject({
    kind: z.literal("server-error"),
    status: z.number().int().min(500).max(599).optional(),
    ...limits,
  }),
  z.strictObject({
    kind: z.literal("slow"),
    milliseconds: z.number().nonnegative(),
    ...limits,
  }),
  z.strictObject({ kind: z.literal("truncated"), ...limits }),
  z.strictObject({ kind: z.literal("disconnect"), ...limits }),
]);

export type Fault = z.infer<typeof faultSchema>;

/** What to do with one request: wait, then fail in this way or serve it. */
export interface Verdict {
  readonly delayMilliseconds: number;
  readonly failure: Exclude<Fault, { kind: "slow" }> | undefined;
}

/**
 * The faults of a stand-in, in order. Each request gets the first fault that still applies, so
 * `[rate-limit ×2, server-error ×1]` gives two 429, one 500, then correct answers. Slowness is added to any
 * other fault. The faults can change while the server runs.
 */
export class FaultScript {
  #entries: { fault: Fault; left: number }[] = [];

  play(fault: Fault): void {
    this.#entries.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#entries = [];
  }

  /** Decides about one request, and counts it for each fault that applies. */
  next(path: string): Verdict {
    let delayMilliseconds = 0;
    let failure: Verdict["failure"];
    for (const entry of this.#entries) {
      const { fault } = entry;
      if (entry.left <= 0) continue;
      if (fault.path !== undefined && !path.includes(fault.path)) continue;
      if (fault.kind === "slow") delayMilliseconds += fault.milliseconds;
      else if (failure === undefined) failure = fault;
      else continue;
      entry.left -= 1;
    }
    return { delayMilliseconds, failure };
  }
}
