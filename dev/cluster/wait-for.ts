import { setTimeout as delay } from "node:timers/promises";

/** Waits a minute at most until `check` gives a value. */
export async function waitFor<T>(what: string, check: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within 60 s`);
    await delay(100);
  }
}
