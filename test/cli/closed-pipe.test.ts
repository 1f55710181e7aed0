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
