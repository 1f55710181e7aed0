import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { DatabaseBed } from "./bed.ts";
import type { ServerOptions } from "./server-bed.ts";

/** Kinds of admin, for a `describe` each. */
export const bothAdmins = [
  { admin: "an admin with CREATEROLE and CREATEDB", isSuperuser: false },
  { admin: "a superuser", isSuperuser: true },
];

/** A server for the tests of a file or a `describe`, each of which has apps of its own. */
export function useBed(options?: ServerOptions): DatabaseBed {
  const bed = new DatabaseBed(options);

  beforeAll(async () => {
    await bed.open();
  });

  afterEach(() => {
    bed.reports.length = 0;
  });

  afterAll(async () => {
    await bed.close();
  });

  return bed;
}

/** Each test leaves the neighbour as it was. */
export function keepNeighbour(bed: DatabaseBed): void {
  let before: string;

  beforeAll(async () => {
    before = await bed.neighbour();
  });

  afterEach(async () => {
    expect(await bed.neighbour()).toBe(before);
  });
}
