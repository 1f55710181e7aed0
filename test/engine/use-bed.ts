import { afterAll, beforeAll, expect } from "vitest";
import { readNeighbour } from "../../dev/neighbour-check.ts";
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

/**
 * In the end the neighbour is what it was, and nothing that was printed has a secret or a verifier.
 *
 * @param find The bed; a function where a hook before this opens it.
 */
export function keepSafe(find: Bed | (() => Bed)): void {
  const toBed = (): Bed => (typeof find === "function" ? find() : find);
  let before: string;

  beforeAll(async () => {
    before = await readNeighbour(toBed().sandbox);
  });

  afterAll(async () => {
    const bed = toBed();
    const printed = bed.outputs.join("\n");
    const secrets = [...bed.secrets(), "SCRAM-SHA-256$"];
    expect(secrets.filter((secret) => printed.includes(secret))).toEqual([]);
    expect(await readNeighbour(bed.sandbox)).toBe(before);
  });
}
