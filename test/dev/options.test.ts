import path from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";

const project = path.join(import.meta.dirname, "../..");

test.each([
  [
    "dev/start.ts",
    "foo",
    "Unexpected argument 'foo'. This command does not take positional arguments\n  fix: npm start -- --help",
  ],
  ["test/bench/main.ts", "--foo", "Unknown option '--foo'\n  fix: npm run bench -- --help"],
])("%s %s is a mistake of the user's, shown without a stack", async (script, given, problem) => {
  const run = execa(process.execPath, [script, given], { cwd: project, reject: false });
  const { exitCode, stdout, stderr } = await run;
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(problem);
  expect(stderr).not.toMatch(/^ {4}at /m);
});
