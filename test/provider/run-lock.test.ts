import { expect, it, vi } from "vitest";
import { parseProviderConfig } from "../../provider/provider-config.ts";
import { RunLock } from "../../provider/run-lock.ts";
import { type Session, SessionPool } from "../../provider/session-pool.ts";
import { DatabaseBed } from "./database-bed.ts";

it("is taken again when its session was lost while somebody works under it", async () => {
  const bed = await DatabaseBed.open();
  const config = parseProviderConfig(bed.config());
  if (config === undefined) throw new Error("the bed has no server");
  const pool = new SessionPool(config);
  const lock = new RunLock(() => pool.open("postgres"));
  const readHolders = () =>
    bed.sql<{ pid: number }>("select pid from pg_locks where locktype = 'advisory' and granted");
  const working = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  const first = lock.hold(async () => {
    begun.resolve(undefined);
    await working.promise;
  });
  await begun.promise;
  const [lost] = await readHolders();
  await bed.sql(`select pg_terminate_backend(${String(lost?.pid)})`);
  while ((await readHolders()).length > 0);
  const held = await Promise.all([lock.hold(readHolders), lock.hold(readHolders)]);
  expect(held.map((holders) => holders.length)).toEqual([1, 1]);
  working.resolve(undefined);
  await first;
  expect(await readHolders()).toEqual([]);
  await pool.close();
  await bed.close();
}, 60_000);

it("goes to those who wait for their turn when the last before them could not take it", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const client = { query: () => Promise.resolve({ rows: [] }), end: () => Promise.resolve() };
  const toSession = (isOpen: () => boolean): Session => ({ client, isOpen }) as unknown as Session;
  let isLost = false;
  const broken = Promise.withResolvers<Session>();
  const opened = [
    Promise.resolve(toSession(() => !isLost)),
    broken.promise,
    Promise.resolve(toSession(() => true)),
  ];
  const lock = new RunLock(() => opened.shift() ?? Promise.reject(new Error("opened too often")));
  const working = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  const first = lock.hold(async () => {
    begun.resolve(undefined);
    await working.promise;
  });
  await begun.promise;
  isLost = true;
  const second = lock.hold(() => Promise.resolve("never"));
  vi.setSystemTime(Date.now() + 6_000);
  const third = lock.hold(() => Promise.resolve("done"));
  working.resolve(undefined);
  await first;
  broken.reject(new Error("the tunnel broke"));
  await expect(second).rejects.toThrow("the tunnel broke");
  expect(await third).toBe("done");
  vi.useRealTimers();
});
