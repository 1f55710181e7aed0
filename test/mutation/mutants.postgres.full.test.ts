import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeInstalledClone } from "../engine/clone.ts";
import { faultsVariable } from "../faults/figures.ts";
import { otherOrder } from "../other-order.ts";
import { type Rows, rowsVariable } from "../rows.ts";
import { mutants } from "./mutants.ts";

/** The tests notice when a rule, a decision of the diff or one of verify's checks is gone. */

/** What vitest writes of a run. */
interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const minutes = 60_000;
/** Has vitest end there. */
const atFirstFailure = "--bail=1";
/** Free copies of the tree. There is one for each mutant that `vitest.config.ts` lets run at a time. */
const clones: string[] = [];

beforeAll(() => {
  clones.push(...Array.from({ length: availableParallelism() }, makeInstalledClone));
});

afterAll(() => {
  for (const clone of clones) rmSync(clone, { recursive: true, force: true });
});

async function inClone<T>(use: (clone: string) => Promise<T>): Promise<T> {
  const clone = clones.pop();
  if (clone === undefined) throw new Error("no copy of the tree is free");
  try {
    return await use(clone);
  } finally {
    clones.push(clone);
  }
}

/** The tests that are red; a file that does not load has none. */
async function findRed(
  clone: string,
  files: readonly string[],
  rows: Rows,
  more: readonly string[],
): Promise<readonly string[]> {
  const report = path.join(clone, "report.json");
  rmSync(report, { force: true });
  const vitest = path.join(clone, "node_modules/vitest/vitest.mjs");
  const args = ["run", ...files, "--reporter=json", `--outputFile=${report}`, ...more];
  const { all } = await execa(process.execPath, [vitest, ...args], {
    cwd: clone,
    env: {
      // What vitest says to its workers is not for another vitest.
      ...{ VITEST: "", VITEST_WORKER_ID: "", VITEST_POOL_ID: "" },
      // A fault that goes unhandled because of a mutant is not for the table of this run.
      [faultsVariable]: path.join(clone, "faults.jsonl"),
      [rowsVariable]: rows,
    },
    reject: false,
    all: true,
  });
  if (!existsSync(report)) throw new Error(`vitest did not report:\n${all}`);
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const over = tests.filter(({ status }) => status === "passed" || status === "failed");
  // It may end before it has reported the test for which it ends.
  if (over.length === 0 && more.includes(atFirstFailure))
    return await findRed(clone, files, rows, []);
  expect(over.length, all).toBeGreaterThan(0);
  return tests
    .filter(({ status }) => status === "failed")
    .map(({ fullName, failureMessages }) => [fullName, ...failureMessages].join("\n"));
}

it(
  "are green as it is, in another order",
  async () => {
    const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
    const red = await inClone((clone) => findRed(clone, files, "first", otherOrder));
    expect(red, red.join("\n\n")).toEqual([]);
  },
  40 * minutes,
);

it.concurrent.each(mutants)(
  "are red for $file without $without",
  async ({ file, text, instead, tests }) => {
    await inClone(async (clone) => {
      const source = path.join(clone, file);
      const before = readFileSync(source, "utf8");
      expect(before.split(text).length - 1, `in ${file}: ${text}`).toBe(1);
      writeFileSync(
        source,
        before.replace(text, () => instead),
      );
      try {
        expect(await findRed(clone, tests, "all", [atFirstFailure]), "it survives").not.toEqual([]);
      } finally {
        writeFileSync(source, before);
      }
    });
  },
  10 * minutes,
);
