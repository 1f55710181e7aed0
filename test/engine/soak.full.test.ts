import { expect, it } from "vitest";
import { makeNames, withApps } from "../bench/apps.ts";
import { soak } from "../bench/soak.ts";

const minutes = 60_000;

it(
  "up, refresh and destroy side by side meet no error, from nothing and from what is there",
  async () => {
    const names = makeNames(16);
    await withApps({ names }, async (bed) => {
      expect(await soak(bed, 3)).toEqual([]);
      const rows = await bed.sql("select from pg_database where datname like 'bench%'");
      expect(rows).toHaveLength(names.length);
    });
  },
  20 * minutes,
);
