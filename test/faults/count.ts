import { afterAll, beforeAll, expect, type RunnerTestSuite } from "vitest";
import { keepFigures } from "./figures.ts";

/** What no fault may cost. A part that is absent cannot be lost in that file. */
export interface Ground {
  /** Rows of an app that no fault is about. */
  readonly countRows?: () => Promise<number>;
  /** Apps that state should have and has not. */
  readonly findLostState?: () => Promise<readonly string[]>;
  /** Fingerprint of a neighbour. */
  readonly readNeighbour?: () => Promise<string>;
  /** What was shown and holds a secret. */
  readonly findSecrets?: () => readonly string[];
}

/**
 * Counts the faults that a file tries, one per test, and measures after the last one what they cost. `test/run.ts`
 * prints the figures of all files at its end.
 *
 * @param open Makes what a fault could cost, before the first one.
 * @returns `also` counts further faults of a test, when all of them are handled.
 */
export function countFaults(
  title: string,
  open: () => Ground | Promise<Ground> = () => ({}),
): { readonly also: (count: number) => void } {
  let more = 0;
  let ground: Ground = {};
  let rows: number | undefined;
  let neighbour: string | undefined;

  beforeAll(async () => {
    ground = await open();
    rows = await ground.countRows?.();
    neighbour = await ground.readNeighbour?.();
  });

  // It runs before the hooks that were registered earlier, so the server is still there.
  afterAll(async ({}, suite) => {
    const states = listStates(suite);
    const left = await ground.countRows?.();
    const lost = await ground.findLostState?.();
    const now = await ground.readNeighbour?.();
    const secrets = ground.findSecrets?.();
    const rowsLost = rows === undefined ? undefined : rows - (left ?? 0);
    const neighboursChanged = neighbour === undefined ? undefined : Number(now !== neighbour);
    keepFigures({
      title,
      tried: states.length + more,
      handled: states.filter((state) => state === "pass").length + more,
      rowsLost,
      neighboursChanged,
      stateLost: lost?.length,
      secretsShown: secrets?.length,
    });
    const costs = { rowsLost, lost, neighboursChanged, secrets };
    expect(costs).toEqual({
      rowsLost: rows === undefined ? undefined : 0,
      lost: lost === undefined ? undefined : [],
      neighboursChanged: neighbour === undefined ? undefined : 0,
      secrets: secrets === undefined ? undefined : [],
    });
  });

  return {
    also: (count) => {
      more += count;
    },
  };
}

/** How each test of a suite ended that was run. */
function listStates({ tasks }: RunnerTestSuite): string[] {
  return tasks.flatMap((task) => {
    if (task.type === "suite") return listStates(task);
    const state = task.result?.state;
    return state === "pass" || state === "fail" ? [state] : [];
  });
}
