import { DatabaseError } from "pg";
import { BerthError } from "../../errors.ts";
import type { Session } from "./pool.ts";
import { runLockKey } from "./session.ts";

/** Milliseconds that one process may keep others out while it has more to write. */
const longestHoldMs = 5000;

/** Who has the lock: any role that can log in can take it, not only a run. `since` is not visible to all. */
interface Holder {
  readonly name: string;
  readonly pid: number;
  readonly role: string;
  readonly since: string | null;
}

/** Finds who has the lock. pg_locks shows a bigint key in two halves. */
const holderSql = `
select a.application_name as name, a.pid, a.usename as role, a.backend_start::text as since
from pg_catalog.pg_locks l
join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
  and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
  and (l.classid::bigint << 32) + l.objid::bigint = $1::bigint`;

/**
 * One writer at a time on a server. The advisory lock is in the maintenance database, because a lock in an app's
 * database does not exclude writers elsewhere. Concurrent GRANTs on one object fail with "tuple concurrently
 * updated" in almost half of all cases; with the lock in none of 800. Apps of one process run in parallel,
 * because no two of them rewrite the same row.
 */
export class RunLock {
  readonly #open: () => Promise<Session>;
  readonly #waitSeconds: number;
  #session: Session | undefined;
  #acquired: Promise<void> | undefined;
  #holders = 0;
  #since = 0;
  #drained: PromiseWithResolvers<undefined> | undefined;

  constructor(open: () => Promise<Session>, waitSeconds = 30) {
    this.#open = open;
    this.#waitSeconds = waitSeconds;
  }

  /** Runs `use` while no other process writes. */
  async hold<T>(use: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await use();
    } finally {
      await this.#leave();
    }
  }

  async #enter(): Promise<void> {
    while (this.#holders > 0 && this.#since > 0 && Date.now() - this.#since > longestHoldMs) {
      this.#drained ??= Promise.withResolvers<undefined>();
      await this.#drained.promise;
    }
    this.#holders += 1;
    // A broken tunnel loses the lock, while other apps may still work under it.
    if (this.#session?.isOpen() === false) this.#acquired = undefined;
    this.#acquired ??= this.#acquire();
    try {
      await this.#acquired;
    } catch (error) {
      this.#acquired = undefined;
      await this.#leave();
      throw error;
    }
  }

  async #leave(): Promise<void> {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    this.#acquired = undefined;
    this.#since = 0;
    const session = this.#session;
    // A session that is gone has released its lock.
    if (session?.isOpen() === true) {
      await session.client.query("select pg_advisory_unlock_all()").catch(() => undefined);
    }
    this.#drained?.resolve(undefined);
    this.#drained = undefined;
  }

  async #acquire(): Promise<void> {
    if (this.#session?.isOpen() !== true) {
      this.#session = undefined;
      this.#session = await this.#open();
      await this.#session.client.query(`SET lock_timeout = '${String(this.#waitSeconds)}s'`);
    }
    const { client } = this.#session;
    try {
      await client.query("select pg_advisory_lock($1::bigint)", [runLockKey]);
      this.#since = Date.now();
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== "55P03") throw error;
      throw toLockError(await this.#findHolder(), this.#waitSeconds);
    }
  }

  async #findHolder(): Promise<Holder | undefined> {
    const found = await this.#session?.client
      .query<Holder>(holderSql, [runLockKey])
      .catch(() => undefined);
    return found?.rows[0];
  }
}

function toLockError(holder: Holder | undefined, waitSeconds: number): BerthError {
  const waited = `waited ${String(waitSeconds)} s for it`;
  const again = "wait for it to end, then run pulumi up again; nothing of this app was written";
  if (holder === undefined) {
    return new BerthError(`another run writes to this server; ${waited}: it ended just now`, {
      hint: again,
    });
  }
  const { name, role, since } = holder;
  const pid = String(holder.pid);
  const who = `${name || "a session without a name"} (role ${role}, pid ${pid}${since === null ? "" : `, since ${since}`})`;
  const foreign = `; if it is not a run of Berth's, end it, as a superuser: SELECT pg_terminate_backend(${pid})`;
  return new BerthError(`another run writes to this server; ${waited}: ${who}`, {
    hint: `${again}${name.startsWith("berth ") ? "" : foreign}`,
  });
}
