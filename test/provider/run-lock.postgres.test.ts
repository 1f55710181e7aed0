import { expect, it, vi } from "vitest";
import { type Session, SessionPool } from "../../components/postgres/server/pool.ts";
import { RunLock } from "../../components/postgres/server/run-lock.ts";
import { useBed } from "./app-database/use-bed.ts";

const bed = useBed();

/** Somebody who works under the lock, until that is ended. */
async function work(lock: RunLock) {
  const working = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  const first = lock.hold(async () => {
    begun.resolve(undefined);
    await working.promise;
  });
  await begun.promise;
  return async () => {
    working.resolve(undefined);
    await first;
  };
}

it("is taken again when its session was lost while somebody works under it", async () => {
  const config = bed.serverConfig();
  const pool = new SessionPool(config);
  const lock = new RunLock(() => pool.open("postgres"));
  const readHolders = () =>
    bed.sql<{ pid: number }>("select pid from pg_locks where locktype = 'advisory' and granted");
  const end = await work(lock);
  const [lost] = await readHolders();
  await bed.sql(`select pg_terminate_backend(${String(lost?.pid)})`);
  while ((await readHolders()).length > 0);
  const holders = await Promise.all([lock.hold(readHolders), lock.hold(readHolders)]);
  expect(holders.map((holders) => holders.length)).toEqual([1, 1]);
  await end();
  expect(await readHolders()).toEqual([]);
  await pool.close();
});

it("is waited for within limits, and says who has it, also if that is not a run", async () => {
  const config = bed.serverConfig();
  const pool = new SessionPool(config);
  const lock = new RunLock(() => pool.open("postgres"), 1);
  await bed.sql("create role passer login password 'by'");
  const key = "select pg_advisory_lock(422608794728)";
  const passer = await bed.connectWith({ name: "passer", password: "by" }, "postgres");
  await passer.query(key);
  const use = vi.fn(() => Promise.resolve());
  await expect(lock.hold(use)).rejects.toThrow(
    /writes to this server; waited 1 s for it: a session without a name \(role passer, pid (\d+)\)\n.*run pulumi up again.* as a superuser: SELECT pg_terminate_backend\(\1\)$/,
  );
  await passer.end();
  // The admin sees more of its own sessions.
  const run = await pool.open("postgres");
  await run.client.query(key);
  await expect(lock.hold(use)).rejects.toThrow(
    /: berth \S+@\S+ \(role coachlight_admin, pid \d+, since \d{4}-.*\)\n.*nothing of this app was written$/,
  );
  expect(use).not.toHaveBeenCalled();
  await run.client.end();
  await lock.hold(use);
  expect(use).toHaveBeenCalledOnce();
  await pool.close();
});

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
  const end = await work(lock);
  isLost = true;
  const second = lock.hold(() => Promise.resolve("never"));
  vi.setSystemTime(Date.now() + 6_000);
  const third = lock.hold(() => Promise.resolve("done"));
  await end();
  broken.reject(new Error("the tunnel broke"));
  await expect(second).rejects.toThrow("the tunnel broke");
  expect(await third).toBe("done");
  vi.useRealTimers();
});
