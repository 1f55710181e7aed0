import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { ensureStack } from "../../dev/pulumi/cli.ts";
import type { Ground } from "../faults/count.ts";
import { Bed } from "./bed.ts";
import { findStarted, killQuietly } from "./cli-processes.ts";
import { openGround } from "./ground.ts";

/** No kill is about this app. */
const keeper = "keeper";

/** A bed of so many equal apps, with runs that can be killed in their middle. */
export class KillBed {
  readonly bed: Bed;
  readonly names: readonly string[];

  private constructor(bed: Bed, names: readonly string[]) {
    this.bed = bed;
    this.names = names;
  }

  static async open(count: number): Promise<KillBed> {
    const bed = await Bed.open();
    const names = Array.from({ length: count }, (_, n) => `app${String(n + 1).padStart(2, "0")}`);
    for (const name of names) await bed.addLogin(`${name}-db-credentials`, name, passwordOf(name));
    await bed.addLogin(`${keeper}-db-credentials`, keeper, passwordOf(keeper));
    bed.configure((config) => {
      delete config["berth:gitops"];
    });
    return new KillBed(bed, names);
  }

  close(): Promise<void> {
    return this.bed.close();
  }

  /** All apps with this connection limit, so that every run has something to do. */
  haveApps(connectionLimit: number): void {
    this.bed.configure((config) => {
      const entry = { database: { connectionLimit } };
      const apps = Object.fromEntries(this.names.map((name) => [name, entry]));
      config["berth:apps"] = { ...apps, [keeper]: {} };
    });
  }

  /** Makes an app with rows, which no run that is killed has anything to do for. */
  async openGround(): Promise<Ground> {
    this.bed.configure((config) => {
      config["berth:apps"] = { [keeper]: {} };
    });
    await this.bed.bringUp();
    await this.bed.sql("create table kept as select generate_series(1, 1000) as id", keeper);
    return openGround(this.bed, { database: keeper });
  }

  startUp(env?: Readonly<Record<string, string>>) {
    const run = this.bed.startUp(env);
    let text = "";
    let isOver = false;
    void run.then(() => {
      isOver = true;
    });
    run.all.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    const until = async (pattern: RegExp, count: number): Promise<void> => {
      while ([...text.matchAll(pattern)].length < count && !isOver) await delay(10);
    };
    return {
      run,
      isOver: () => isOver,
      until,
      /** Until the run has begun to change something on the server, or is over. */
      begun: () => until(/AppDatabase app\d+ (creating|updating)/g, 1),
      /** Until so many apps are done, or the run is over. */
      done: (count: number) => until(/AppDatabase app\d+ (created|updated)/g, count),
    };
  }

  /**
   * Kills the CLI, its program or its provider with -9 at so many random moments, half of them in a run that makes
   * everything and half in one that changes it. Each time `pulumi cancel`, where the CLI was killed, and one up
   * finish what was begun.
   */
  async killAtRandomMoments(kills: number, random: () => number): Promise<void> {
    const log: string[] = [];
    let limit = 1;
    for (let killed = 0; killed < kills; limit += 1) {
      // A run may be over before its moment comes. That one does not count.
      expect(log.length, log.join("\n")).toBeLessThan(3 * kills);
      const isFirst = killed % 2 === 0;
      if (isFirst) await this.forget();
      this.haveApps(limit);
      const victim = ["the CLI", "the program", "the provider"][Math.floor(random() * 3)] ?? "";
      const { moment, isKilled } = await this.#killAtRandom(victim, random);
      log.push(`${isFirst ? "create" : "update"}: ${victim} ${moment}${isKilled ? "" : ": over"}`);
      process.stderr.write(`${log.at(-1) ?? ""}\n`);
      if (victim === "the CLI") await this.bed.pulumi(["cancel", "--yes"]);
      await this.expectFinished(limit);
      if (isFirst) await this.bed.sql("create table kept as select 1 as id", this.names[0]);
      else expect(await this.bed.sql("select id from kept", this.names[0])).toHaveLength(1);
      if (isKilled) killed += 1;
    }
  }

  /** Half the time while the run starts, half while it changes the server. */
  async #killAtRandom(victim: string, random: () => number) {
    const { run, isOver, done } = this.startUp();
    const wait = Math.round(random() * (random() < 0.5 ? 3_000 : 100));
    const count = wait > 100 ? 0 : Math.floor(random() * this.names.length);
    await done(count);
    await delay(wait);
    const find = async (): Promise<number | undefined> =>
      victim === "the CLI" ? run.pid : (await findStarted(run.pid ?? 0, victim))[0];
    let pid: number | undefined;
    while (pid === undefined && !isOver()) pid = await find();
    if (pid !== undefined) killQuietly(pid, "SIGKILL");
    const { exitCode } = await run;
    const moment = `${String(wait)} ms after ${count === 0 ? "the start" : `${String(count)} apps`}`;
    return { moment, isKilled: exitCode !== 0 };
  }

  /** The stack's state and all that it made gone, as before the first run. */
  async forget(): Promise<void> {
    const { bed } = this;
    rmSync(`${bed.sandbox.home}/state/.pulumi`, { recursive: true, force: true });
    await ensureStack(bed.toolchain, bed.sandbox);
    for (const name of this.names) {
      await bed.sql(`drop database if exists ${name} with (force)`);
      await bed.sql(`drop role if exists ${name}`);
    }
  }

  /** One up, after which each database is there once, with this limit, and its role is one of the stack's. */
  async expectFinished(limit: number): Promise<string> {
    const output = await this.bed.bringUp();
    const count = String(this.names.length);
    const databases = await this.bed.sql<{ count: string }>(
      `select count(*) from pg_database where datname like 'app%' and datconnlimit = ${String(limit)}`,
    );
    expect(databases).toEqual([{ count }]);
    const roles = await this.bed.sql<{ count: string }>(
      "select count(distinct member) from pg_auth_members where roleid = 'berth_dev'::regrole and member::regrole::text like 'app%'",
    );
    expect(roles).toEqual([{ count }]);
    return output;
  }

  /** Nothing is left to do, and every app can log in. */
  async expectConverged(): Promise<void> {
    await this.bed.expectNoChanges();
    for (const name of this.names) {
      await this.bed.sqlAs({ name, password: passwordOf(name) }, name, "select 1");
    }
  }
}

const passwordOf = (name: string): string => `Canary-of-${name}-0123456789`;
