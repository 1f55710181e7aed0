import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { projectFolder } from "../components/project-folder.ts";
import { keepToSandbox } from "../dev/environment.ts";
import { isPulumiItself, missingOf } from "../toolchain/ambient.ts";
import { openCache } from "../toolchain/cache.ts";
import { ensureToolchain } from "../toolchain/ensure.ts";
import { clusterParts, partNamed, partTable, testParts } from "../toolchain/parts.ts";
import { type FaultFigures, faultsVariable, readFigures, toFaultTable } from "./faults/figures.ts";
import { mutants } from "./mutation/mutants.ts";
import { otherOrder } from "./other-order.ts";
import { type Rows, rowsVariable } from "./rows.ts";

/**
 * `npm test [-- vitest arguments]` runs what each change is tried with; `npm run test:full` the rest.
 * Both end with what the faults that they tried have cost, and with `N passed, N failed`.
 */

/** What vitest writes of a run. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  /** Its path. */
  readonly name: string;
  readonly status: "passed" | "failed";
  /** Why it did not load. */
  readonly message: string;
  readonly assertionResults: readonly TestResult[];
}

interface TestResult {
  readonly status: "passed" | "failed" | "skipped" | "pending" | "todo" | "disabled";
  readonly fullName: string;
  readonly failureMessages?: readonly string[];
}

interface Count {
  readonly passed: number;
  readonly failed: number;
  /** Which tests failed and how each failure begins. */
  readonly failures: readonly string[];
  readonly faults: readonly FaultFigures[];
}

/** What a run of vitest is for. */
interface Plan {
  readonly args: readonly string[];
  /** Of the matrices in files `x.rows.test.ts`. */
  readonly rows: Rows;
  /** How many files run at a time; not for files of the cluster, which always run one by one. */
  readonly workers?: number;
}

const vitest = path.join(projectFolder, "node_modules/vitest/vitest.mjs");
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const exceptFull = ["--exclude", "**/*.full.test.ts"];
const except = (files: readonly string[]): string[] => files.flatMap((file) => ["--exclude", file]);
const inProjects = (...names: readonly string[]): string[] =>
  names.flatMap((name) => ["--project", name]);

/** The projects of the files that the arguments choose, as vitest itself chooses them. */
async function findProjects(args: readonly string[]): Promise<Set<string>> {
  const list = [vitest, "list", ...args, "--filesOnly", "--json"];
  const { stdout } = await execa(process.execPath, list, { cwd: projectFolder });
  const files = JSON.parse(stdout) as readonly { readonly projectName: string }[];
  return new Set(files.map(({ projectName }) => projectName));
}

function listFailures({ name, status, message, assertionResults }: FileResult): readonly string[] {
  const file = path.relative(projectFolder, name);
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (failed.length === 0) return status === "failed" ? [`${file}\n${beginOf(message)}`] : [];
  return failed.map(
    ({ fullName, failureMessages = [] }) =>
      `${file} > ${fullName}\n${beginOf(failureMessages.join("\n"))}`,
  );
}

const beginOf = (message: string): string =>
  stripVTControlCharacters(message).split("\n").slice(0, 12).join("\n").slice(0, 2_000);

/** Runs vitest, with the toolchain on its PATH if one of the chosen files needs it. */
async function run({ args, rows, workers }: Plan): Promise<Count> {
  const projects = await findProjects(args);
  const needsPulumi = projects.has("engine") || projects.has("cluster");
  const tools = needsPulumi ? (await ensureToolchain(say, testParts)).env : {};
  const folder = mkdtempSync(path.join(tmpdir(), "berth-test-"));
  const file = path.join(folder, "report.json");
  const faultsFile = path.join(folder, "faults.jsonl");
  const reporters = ["--reporter=default", "--reporter=./test/file-times.ts", "--reporter=json"];
  const all = [vitest, "run", ...reporters, `--outputFile.json=${file}`, ...args];
  const { exitCode } = await execa(process.execPath, all, {
    cwd: projectFolder,
    env: {
      ...tools,
      [rowsVariable]: rows,
      [faultsVariable]: faultsFile,
      ...(workers === undefined ? {} : { VITEST_MAX_WORKERS: String(workers) }),
    },
    stdio: "inherit",
    reject: false,
  });
  try {
    const { success, ...report } = JSON.parse(readFileSync(file, "utf8")) as Report;
    // A file that does not load has no tests to fail, so it counts as one.
    const failed = success && exitCode === 0 ? 0 : Math.max(report.numFailedTests, 1);
    const failures = report.testResults.flatMap(listFailures);
    return {
      passed: report.numPassedTests,
      failed,
      failures,
      faults: readFigures(faultsFile),
    };
  } catch {
    say("vitest did not report");
    return { passed: 0, failed: 1, failures: [], faults: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first rows of each matrix, and nothing that is for the full run. */
const runSome = (...projects: readonly string[]): Promise<Count> =>
  run({ args: [...exceptFull, ...inProjects(...projects)], rows: "first" });

/**
 * All projects. The cluster's files wait for most of their time, so they run beside the others; they are left out
 * where their parts are not built. Where Pulumi is not built either, what needs no Pulumi runs meanwhile.
 */
async function runDefault(): Promise<Count> {
  const cache = openCache();
  const ofPulumi = partTable.filter(
    (part) => isPulumiItself(part) || testParts.includes(part.name),
  );
  const isBuilt = (await missingOf(ofPulumi, cache)).length === 0;
  const ofCluster = [...clusterParts, "kubernetes" as const].map(partNamed);
  const missing = (await missingOf(ofCluster, cache)).map(({ name }) => name);
  const [, ...before] = await Promise.all([
    ensureToolchain(say, testParts),
    ...(isBuilt ? [] : [runSome("pure", "postgres")]),
  ]);
  const counts = await Promise.all([
    isBuilt ? runSome("pure", "postgres", "engine") : runSome("engine"),
    ...(missing.length === 0 ? [runSome("cluster")] : []),
  ]);
  if (missing.length > 0) {
    say(
      `left out: what needs a cluster (not built: ${missing.join(", ")}); npm run test:full builds its parts`,
    );
  }
  return addUp([...before, ...counts]);
}

const mutantsFile = "test/mutation/mutants.postgres.full.test.ts";

/**
 * What `npm test` leaves out, in another order; and once more, in that order, what is pure or needs Postgres alone.
 * Beside the files that keep a processor busy run those that wait for most of their time.
 */
async function runFull(): Promise<Count> {
  const workers = Math.max(1, Math.ceil(availableParallelism() * 1.5) - 1);
  const others = [...inProjects("!cluster"), ...except([mutantsFile])];
  // Each file that holds a mutant runs in another order before the first mutant is tried.
  const held = [...new Set(mutants.flatMap(({ tests }) => tests))];
  const cheap = [...exceptFull, ...inProjects("pure", "postgres"), ...except(held)];
  const cluster = [".full.test.", ...inProjects("cluster"), ...otherOrder];
  const [[most, shuffled], waiting] = await Promise.all([
    runInTurn(
      { args: [".full.test.", ".rows.test.", ...others, ...otherOrder], rows: "rest", workers },
      { args: [...cheap, ...otherOrder], rows: "first", workers },
    ),
    runInTurn({ args: cluster, rows: "rest" }, { args: [mutantsFile], rows: "rest", workers }),
  ]);
  const counts = addUp([most, ...waiting]);
  return {
    // `npm test` has counted each of the shuffled ones, and their faults.
    passed: counts.passed + (shuffled.failed === 0 ? 1 : 0),
    failed: counts.failed + shuffled.failed,
    failures: [...counts.failures, ...shuffled.failures],
    faults: counts.faults,
  };
}

async function runInTurn(first: Plan, second: Plan): Promise<[Count, Count]> {
  return [await run(first), await run(second)];
}

function addUp(counts: readonly Count[]): Count {
  return {
    passed: counts.reduce((all, { passed }) => all + passed, 0),
    failed: counts.reduce((all, { failed }) => all + failed, 0),
    failures: counts.flatMap(({ failures }) => failures),
    faults: counts.flatMap(({ faults }) => faults),
  };
}

keepToSandbox();
const [first, ...rest] = process.argv.slice(2);
const isFull = first === "--full";
const args = isFull ? rest : process.argv.slice(2);
const whole = isFull ? runFull : runDefault;
const count = await (args.length > 0 ? run({ args, rows: "all" }) : whole());
if (count.faults.length > 0) say(`\n${toFaultTable(count.faults)}\n`);
say(
  `took ${(process.uptime() / 60).toFixed(1)} min: the toolchain and the tests, without npm's packages`,
);
for (const failure of count.failures) say(`failed: ${failure}`);
say(`${String(count.passed)} passed, ${String(count.failed)} failed`);
process.exitCode = count.failed === 0 ? 0 : 1;
