import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { DatabaseBed } from "./bed.ts";

/** A server for the tests of a `describe`. Each test has apps of its own, and leaves the neighbour as it was. */
export function useBed(options: Parameters<typeof DatabaseBed.open>[0] = {}) {
  let bed: DatabaseBed;
  let neighbourBefore: string;

  beforeAll(async () => {
    bed = await DatabaseBed.open(options);
    neighbourBefore = await bed.neighbour();
  }, 120_000);

  afterEach(async () => {
    expect(await bed.neighbour()).toBe(neighbourBefore);
    bed.reports.length = 0;
  });

  afterAll(async () => {
    await bed.close();
  }, 60_000);

  return {
    get bed(): DatabaseBed {
      return bed;
    },
  };
}
