import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { projectFolder } from "../components/project-folder.ts";
import { keepToSandbox } from "../dev/environment.ts";
import { openToolchain } from "../dev/pulumi-cli.ts";
import { testParts } from "../toolchain/parts.ts";

/**
 * `npm test [-- vitest arguments]`: builds or finds what the tests need, runs them all, and ends with
 * `N passed, N failed`.
 */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

keepToSandbox();
const toolchain = await openToolchain((line) => process.stdout.write(`${line}\n`), testParts);
const folder = mkdtempSync(path.join(tmpdir(), "berth-test-"));
const file = path.join(folder, "report.json");
const vitest = path.join(projectFolder, "node_modules/vitest/vitest.mjs");
const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
const result = await execa(process.execPath, [vitest, ...args, ...process.argv.slice(2)], {
  cwd: projectFolder,
  env: toolchain.env,
  stdio: "inherit",
  reject: false,
});
let line = "0 passed, 1 failed: vitest did not report";
let success = false;
try {
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  // A file that does not load has no tests to fail, so it counts as one.
  const failed = Math.max(report.numFailedTests, report.success ? 0 : 1);
  success = report.success && result.exitCode === 0;
  line = `${String(report.numPassedTests)} passed, ${String(success ? 0 : failed)} failed`;
} catch {
  // The line above stands.
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${line}\n`);
process.exitCode = success ? 0 : 1;
