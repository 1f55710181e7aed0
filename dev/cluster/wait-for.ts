import { setTimeout as delay } from "node:timers/promises";

/** Waits until `check` gives a value. Throws after `within` milliseconds. */
export async function waitFor<T>(
  what: string,
  check: () => Promise<T | undefined>,
  within = 60_000,
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${String(within / 1000)} s`);
    await delay(100);
  }
}
