import type { MeasuredApps, SimulatedRow } from "../../dev/documents/measured.ts";
import { seeded } from "../engine/seeded.ts";

/** What is simulated. */
export interface Fleet {
  readonly apps: number;
  readonly servers: number;
  /** Part of the runs that are killed in their middle. The next run does the work again. */
  readonly killed: number;
}

/**
 * Runs one stack for each server, on so many runners that each run one stack at a time, and returns the hours until
 * the last one is done. A run takes what was measured for as many apps.
 */
export function simulate(
  fleet: Fleet,
  measured: readonly MeasuredApps[],
  runners: number,
): SimulatedRow {
  const n = fleet.apps / fleet.servers;
  const hoursOf = (seconds: (one: MeasuredApps) => number): number =>
    runAll(fleet, runners, secondsFor(n, measured, seconds)) / 3600;
  return {
    runners,
    up_h: hoursOf((one) => one.berth_up_s),
    noop_h: hoursOf((one) => one.berth_noop_s),
    refresh_h: hoursOf((one) => one.berth_refresh_s),
  };
}

/** Each runner takes the next stack when it is free. */
function runAll({ servers, killed }: Fleet, runners: number, seconds: number): number {
  const random = seeded(1);
  const freeAt = Array.from({ length: runners }, () => 0);
  for (let server = 0; server < servers; server += 1) {
    const next = freeAt.indexOf(Math.min(...freeAt));
    const lost = random() < killed ? random() * seconds : 0;
    freeAt[next] = (freeAt[next] ?? 0) + lost + seconds;
  }
  return Math.max(...freeAt);
}

/** On the straight line between the two measured numbers of apps around `n`, or through the nearest two. */
function secondsFor(
  n: number,
  measured: readonly MeasuredApps[],
  seconds: (one: MeasuredApps) => number,
): number {
  const sorted = measured.toSorted((a, b) => a.n - b.n);
  const above = Math.max(
    1,
    sorted.findIndex((one) => one.n >= n),
  );
  const [low, high] = [sorted[above - 1], sorted[above]];
  if (low === undefined) throw new Error("nothing was measured");
  if (high === undefined) return (seconds(low) * n) / low.n;
  const part = (n - low.n) / (high.n - low.n);
  return seconds(low) + part * (seconds(high) - seconds(low));
}
