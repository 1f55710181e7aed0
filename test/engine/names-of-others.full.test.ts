import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { projectFolder } from "../../components/project-folder.ts";
import { Bed } from "./bed.ts";

/** Names that an app's owner made up, through the real CLI and the verbs, to the admin's terminal. */

const evil = "x\u001b[2J\u009b\u202e<{%fg 1%}>\nResources: 5 unchanged";
let bed: Bed;

beforeAll(async () => {
  bed = await Bed.open();
  expect((await bed.up()).exitCode).toBe(0);
  const owner = bed.login("basketball-db-credentials");
  await bed.sqlAs(owner, "basketball", `CREATE TABLE public."${evil}" ()`);
  await bed.sql(`CREATE ROLE "${evil}"`);
  await bed.sql(`CREATE DATABASE "${evil}"`);
  await bed.sql(`GRANT SELECT ON public."${evil}" TO "${evil}"`, "basketball");
  await bed.sql(`GRANT basketball TO "${evil}"`);
});

afterAll(async () => {
  await bed.close();
});

function expectFit(text: string): void {
  expect(text).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
  expect(text.split("\n")).not.toContainEqual(expect.stringMatching(/^\s*Resources: 5/));
}

it("are shown without effect by refresh, preview, and an up with more details", async () => {
  await bed.sql(`REVOKE SELECT ON public."${evil}" FROM admin_app`, "basketball");
  const refreshed = await bed.pulumi(["refresh", "--yes"], { PULUMI_OPTION_COLOR: "never" });
  expect(refreshed.output).toContain(String.raw`x\u001b[2J\u009b\u202e<\u007b%fg 1%}>\nResources`);
  const preview = await bed.preview();
  expect(preview.output).toContain(String.raw`U&"x\001b[2J\009b\202e<\007b%fg 1%}>\000aResources`);
  const up = await bed.pulumi(["up", "--yes", "--diff"]);
  expect(up.exitCode).toBe(0);
  for (const { output } of [refreshed, preview, up]) expectFit(output);
});

it.each(["verify", "doctor", "report", "plan", "adopt"])(
  "are shown without effect by %s",
  async (verb) => {
    const { stackFile, env, stack } = bed.sandbox;
    for (const more of [[], ["--json"]]) {
      const args = [verb, "--stack", stack, "--config-file", stackFile, ...more];
      const { stdout, stderr } = await execa(process.execPath, ["cli/main.ts", ...args], {
        cwd: projectFolder,
        env: { ...bed.toolchain.env, ...env, NO_COLOR: "1" },
        reject: false,
      });
      expect(stdout).not.toBe("");
      expectFit(stdout + stderr);
    }
  },
);
