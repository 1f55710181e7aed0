import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { makeClone } from "../engine/clone.ts";
import { type Rows, rowsVariable } from "../rows.ts";
import { mutants } from "./mutants.ts";

/** The tests notice when a rule, a decision of the diff or one of verify's checks is gone. */

const minutes = 60_000;
let clone: string;

beforeAll(() => {
  clone = makeClone();
  symlinkSync(path.join(projectFolder, "node_modules"), path.join(clone, "node_modules"));
});

afterAll(() => {
  rmSync(clone, { recursive: true, force: true });
});

/** How many of the tests are red; a file that does not load counts as none. */
async function countRed(
  files: readonly string[],
  rows: Rows,
  ...more: readonly string[]
): Promise<number> {
  const report = path.join(clone, "report.json");
  rmSync(report, { force: true });
  const vitest = path.join(clone, "node_modules/vitest/vitest.mjs");
  const args = ["run", ...files, "--reporter=json", `--outputFile=${report}`, ...more];
  const { all } = await execa(process.execPath, [vitest, ...args], {
    cwd: clone,
    // What vitest says to its workers is not for another vitest.
    env: { VITEST: "", VITEST_WORKER_ID: "", VITEST_POOL_ID: "", [rowsVariable]: rows },
    reject: false,
    all: true,
  });
  try {
    const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, "utf8")) as {
      readonly numFailedTests: number;
      readonly numPassedTests: number;
    };
    expect(numFailedTests + numPassedTests, all).toBeGreaterThan(0);
    return numFailedTests;
  } catch (cause) {
    throw new Error(`vitest did not report:\n${all}`, { cause });
  }
}

it(
  "are green as it is",
  async () => {
    const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
    expect(await countRed(files, "first")).toBe(0);
  },
  20 * minutes,
);

it.each(mutants)(
  "are red for $file without $without",
  async ({ file, text, instead, tests }) => {
    const source = path.join(clone, file);
    const before = readFileSync(source, "utf8");
    expect(before.split(text).length - 1, `in ${file}: ${text}`).toBe(1);
    writeFileSync(
      source,
      before.replace(text, () => instead),
    );
    try {
      expect(await countRed(tests, "all", "--bail=1"), "it survives").toBeGreaterThan(0);
    } finally {
      writeFileSync(source, before);
    }
  },
  10 * minutes,
);
