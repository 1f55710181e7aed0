import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { verbs } from "../../cli/verbs.ts";
import { projectFolder } from "../../components/project-folder.ts";

/** `npm run plan | head -1` */

test.each([
  ...verbs.map((verb) => [verb.name(), "--help"]),
  ["plan", "--stack", "prod"],
  ["plan", "--stack", "prod", "--json"],
  ...["--json", "--html", "--mermaid", "--markdown"].map((form) => [
    "report",
    "--stack",
    "prod",
    form,
  ]),
  ["report", "--stack", "prod", "--runbook", "--app", "netbox"],
  ["complete", "bash"],
])("a reader that ends early ends %s %s %s %s quietly", async (...args) => {
  const main = join(projectFolder, "cli/main.ts");
  const running = execa(process.execPath, [main, ...args], {
    reject: false,
    buffer: { stdout: false },
  });
  running.stdout.destroy();
  expect(await running).toMatchObject({ exitCode: 0, stderr: "" });
});

test.runIf(existsSync("/dev/full")).each(["plan", "plan --json", "report --html"])(
  "output of %s that has no room is said, after all else was done",
  async (command) => {
    const main = join(projectFolder, "cli/main.ts");
    const words = [process.execPath, main, ...command.split(" "), "--stack", "prod"];
    const run = await execa("sh", ["-c", 'exec "$@" > /dev/full', "sh", ...words], {
      reject: false,
    });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toBe(
      "the output could not be written: ENOSPC: no space left on device, write",
    );
  },
);
