import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { projectFolder } from "../components/project-folder.ts";
import { keepToSandbox } from "../dev/environment.ts";
import { openToolchain } from "../dev/pulumi-cli.ts";
import { openCache } from "../toolchain/cache.ts";
import { clusterParts, type PartName, partNamed, testParts } from "../toolchain/parts.ts";
import { missingOf } from "../toolchain/present.ts";
import { type FaultFigures, faultsVariable, readFigures, toFaultTable } from "./faults/figures.ts";
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
}

const vitest = path.join(projectFolder, "node_modules/vitest/vitest.mjs");
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const exceptFull = ["--exclude", "**/*.full.test.ts"];

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
async function run({ args, rows }: Plan): Promise<Count> {
  const projects = await findProjects(args);
  const needsPulumi = projects.has("engine") || projects.has("cluster");
  const tools = needsPulumi ? (await openToolchain(say, testParts)).env : {};
  const folder = mkdtempSync(path.join(tmpdir(), "berth-test-"));
  const file = path.join(folder, "report.json");
  const faultsFile = path.join(folder, "faults.jsonl");
  const reporters = ["--reporter=default", "--reporter=./test/file-times.ts", "--reporter=json"];
  const all = [vitest, "run", ...reporters, `--outputFile.json=${file}`, ...args];
  const { exitCode } = await execa(process.execPath, all, {
    cwd: projectFolder,
    env: { ...tools, [rowsVariable]: rows, [faultsVariable]: faultsFile },
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

/** One cluster chain as well, where its parts need not be built first. */
async function runDefault(): Promise<Count> {
  const parts = [...testParts, ...clusterParts, "kubernetes" as const].map(partNamed);
  const missing = (await missingOf(parts, openCache())).filter(({ name }) => !isDefault(name));
  if (missing.length === 0) return await run({ args: exceptFull, rows: "first" });
  const count = await run({ args: [...exceptFull, "--project", "!cluster"], rows: "first" });
  const names = missing.map(({ name }) => name).join(", ");
  say(`left out: what needs a cluster (not built: ${names}); npm run test:full builds its parts`);
  return count;
}

const isDefault = (name: PartName): boolean => testParts.includes(name);

const mutants = "test/mutation/mutants.postgres.full.test.ts";

/** What `npm test` leaves out; and once more, in another order, what is pure or needs Postgres alone. */
async function runFull(): Promise<Count> {
  const others = ["--project", "!cluster", "--exclude", mutants];
  const most = await run({ args: [".full.test.", ".rows.test.", ...others], rows: "rest" });
  // Each of these two runs one file at a time for a quarter of an hour, and waits for most of it.
  const long = await Promise.all([
    run({ args: [".full.test.", "--project", "cluster"], rows: "rest" }),
    run({ args: [mutants], rows: "rest" }),
  ]);
  const rest = [most, ...long];
  const cheap = [...exceptFull, "--project", "pure", "--project", "postgres"];
  // With a fixed seed a failure in CI is the same failure here.
  const order = ["--sequence.shuffle", "--sequence.seed=1"];
  const shuffled = await run({ args: [...cheap, ...order], rows: "first" });
  const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
  return {
    // `npm test` has counted each of the shuffled ones, and their faults.
    passed: sum(rest.map(({ passed }) => passed)) + (shuffled.failed === 0 ? 1 : 0),
    failed: sum(rest.map(({ failed }) => failed)) + shuffled.failed,
    failures: [...rest, shuffled].flatMap(({ failures }) => failures),
    faults: rest.flatMap(({ faults }) => faults),
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
