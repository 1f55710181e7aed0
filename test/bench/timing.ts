import { type Usage, watchProcesses } from "./processes.ts";

/** Seconds that a piece of work takes on the clock. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The same for a run of Pulumi, with what it and all that it starts use. */
export async function timedAndWatched(
  work: () => Promise<unknown>,
): Promise<Usage & { readonly seconds: number }> {
  let seconds = 0;
  const usage = await watchProcesses("pulumi", async () => {
    seconds = await timed(work);
  });
  return { seconds, ...usage };
}

/** Each number is the median of those at the same place; everything else is as in the first. */
export function medianOf<T>(rounds: readonly [T, ...T[]]): T {
  return combine(rounds) as T;
}

function combine(all: readonly unknown[]): unknown {
  const [first] = all;
  if (typeof first === "number") return middle(all.filter((one) => typeof one === "number"));
  if (typeof first !== "object" || first === null) return first;
  const maps = all as Readonly<Record<string, unknown>>[];
  return Object.fromEntries(
    Object.keys(first).map((key) => [key, combine(maps.map((one) => one[key]))]),
  );
}

function middle(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
