import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { useFolder } from "../fakes/folder.ts";
import { bareEnv, berth } from "./berth.ts";

/** Files and programs that a verb is given, and that are not what they should be. */

const folder = useFolder("cli-files");

test("a file that cannot be written is exit code 2, with what to do", async () => {
  const out = join(folder, "nowhere/report.html");
  const args = ["report", "--stack", "prod", "--html", "--out", out];
  expect(await berth(args)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: `report: ${out} could not be written: ENOENT: no such file or directory, open '${out}'\n  fix: correct that, then run the same command again`,
  });
});

test("a folder that is called pulumi is no Pulumi, and the reason is said", async () => {
  const PATH = join(folder, "path");
  mkdirSync(join(PATH, "pulumi"), { recursive: true });
  const { exitCode, stderr } = await berth(["preview", "--stack", "prod"], { PATH });
  expect(exitCode).toBe(2);
  expect(stderr).toContain("preview: pulumi cannot be started (EACCES)\n  fix: install Pulumi");
});

test("--config-file is of the current folder, also below that of the project", async () => {
  const main = join(projectFolder, "cli/main.ts");
  const plan = async (file: string) =>
    await execa(process.execPath, [main, "plan", "--stack", "prod", "--config-file", file], {
      cwd: join(projectFolder, "docs"),
      env: bareEnv,
      extendEnv: false,
      reject: false,
    });
  expect(await plan("../Pulumi.prod.yaml")).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await plan("Pulumi.prod.yaml")).stderr).toContain(
    `there is no stack file ${join(projectFolder, "docs/Pulumi.prod.yaml")}`,
  );
});
