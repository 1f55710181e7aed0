import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { hasPgbouncer, type Pgbouncer, startPgbouncer } from "./pgbouncer.ts";
import { RotationBed } from "./rotation-bed.ts";
import { SteadyApp } from "./steady-app.ts";

/** Rotation after rotation under an app that never stops. */

let bed: RotationBed;
let pgbouncer: Pgbouncer | undefined;

beforeAll(async () => {
  bed = await RotationBed.open();
  if (hasPgbouncer) pgbouncer = await startPgbouncer(bed.database, "netbox");
  else process.stderr.write("no pgbouncer on PATH: ten rotations without it\n");
  // The verb prints its report.
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});

afterAll(async () => {
  vi.restoreAllMocks();
  await pgbouncer?.stop();
  await bed.close();
});

it("ten rotations refuse an app nothing, directly and through pgbouncer", {
  timeout: 300_000,
}, async () => {
  const { host, port } = bed.database.superuser;
  const source = { read: () => bed.login(), lagMs: 300 };
  const direct = new SteadyApp({ host, port, database: "netbox" }, source, "direct");
  const apps = [direct];
  if (pgbouncer !== undefined) {
    const { port: pooled } = pgbouncer;
    apps.push(new SteadyApp({ host, port: pooled, database: "netbox" }, source, "pooled"));
  }
  const untilAllUse = async (login: string): Promise<void> => {
    const before = apps.map(({ count }) => count);
    const isBehind = (app: SteadyApp, index: number): boolean =>
      app.login !== login || app.count < (before[index] ?? 0) + 20;
    while (apps.some(isBehind)) await delay(50);
  };
  const names: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    expect(await bed.rotate()).toBe(0);
    names.push(bed.login().name);
    await untilAllUse(bed.login().name);
    await bed.retireAtLast();
  }
  for (const app of apps) await app.stop();
  expect(new Set(names)).toEqual(new Set(["netbox_a", "netbox_b"]));
  expect(apps.flatMap(({ failures }) => failures)).toEqual([]);
  expect(apps.map(({ done }) => [...done.keys()].toSorted())).toEqual(
    apps.map(() => ["netbox_a", "netbox_b"]),
  );
  expect(
    await bed.database.sql(
      `select distinct relowner::regrole::text as owner from pg_class
       where relnamespace = 'public'::regnamespace`,
      "netbox",
    ),
  ).toEqual([{ owner: "netbox_role" }]);
});
