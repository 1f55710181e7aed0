import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { DatabaseBed } from "./bed.ts";

/** A database of the stack with rows, which no fault may cost. */
const keeper = "keeper";
const rows = 1000;

/**
 * Counts the faults that a file tries, one per test, and measures at its end what they cost: rows of an app that
 * had nothing to do with them, the neighbour, and secrets in what was reported. Prints the figures.
 */
export function countFaults(title: string, openBed: () => DatabaseBed): void {
  let tried = 0;
  let handled = 0;
  let neighbour = "";

  beforeAll(async () => {
    const bed = openBed();
    await bed.sql(`create database ${keeper}`);
    await bed.sql(`create table kept as select generate_series(1, ${String(rows)}) as id`, keeper);
    neighbour = await bed.neighbour();
  });

  beforeEach(() => {
    tried += 1;
  });

  afterEach(({ task }) => {
    if (task.result?.state === "pass") handled += 1;
  });

  // It runs before the hooks that were registered earlier, so the server is still there.
  afterAll(async () => {
    const bed = openBed();
    const left = await bed.sql("select from kept", keeper);
    const isSame = (await bed.neighbour()) === neighbour;
    const secrets = bed.said.filter((text) => /password-of-|SCRAM-SHA-256\$/.test(text));
    const lost = rows - left.length;
    process.stdout.write(
      `faults, ${title}: ${String(tried)} tried, ${String(handled)} handled, ${String(lost)} rows lost, ` +
        `neighbour ${isSame ? "unchanged" : "changed"}, ${String(secrets.length)} secrets shown\n`,
    );
    expect({ lost, isSame, secrets }).toEqual({ lost: 0, isSame: true, secrets: [] });
  });
}
