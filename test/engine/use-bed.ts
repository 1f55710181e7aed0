import { afterAll, beforeAll } from "vitest";
import type { SandboxOptions } from "../../dev/sandbox.ts";
import { Bed } from "./bed.ts";

/** A sandbox for the tests of a file or a `describe`. */
export function useBed(options?: Omit<SandboxOptions, "home">): Bed {
  const bed = new Bed(options);

  beforeAll(async () => {
    await bed.open();
  });

  afterAll(async () => {
    await bed.close();
  });

  return bed;
}
