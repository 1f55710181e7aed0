import { afterAll, beforeAll, it } from "vitest";
import { countFaults } from "../faults/count.ts";
import { KillBed } from "./kill-bed.ts";
import { seeded } from "./seeded.ts";

/** As in killed.test.ts, at so many moments that each phase of a run is met. BERTH_SEED repeats them. */

const seed = Number(process.env["BERTH_SEED"] ?? Date.now() % 1_000_000);
let bed: KillBed;

beforeAll(async () => {
  bed = await KillBed.open(20);
});

afterAll(async () => {
  await bed.close();
});

const faults = countFaults("many runs that are killed", () => bed.openGround());

it(`kill -9 at 20 random moments of an up of 20 apps (BERTH_SEED=${String(seed)}), and one up finishes each`, async () => {
  await bed.killAtRandomMoments(20, seeded(seed));
  await bed.expectConverged();
  faults.also(19);
}, 900_000);
