import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { countFaults } from "../faults/count.ts";
import { useBed } from "./use-bed.ts";

/** Names that an app's owner made up, through the real CLI and the verbs, to the admin's terminal. */

const evil = "x\u001b[2J\u009b\u202e<{%fg 1%}>\nResources: 5 unchanged";
/** What HTML and Markdown would read. */
const markup = "</td><script>alert(1)</script>|`b`@team [x](y)";
const bed = useBed();

beforeAll(async () => {
  await bed.bringUp();
  const owner = bed.login("basketball-db-credentials");
  await bed.sqlAs(owner, "basketball", `CREATE TABLE public."${evil}" ()`);
  await bed.sql(`CREATE ROLE "${evil}"`);
  await bed.sql(`CREATE DATABASE "${evil}"`);
  await bed.sql(`GRANT SELECT ON public."${evil}" TO "${evil}"`, "basketball");
  await bed.sql(`GRANT basketball TO "${evil}"`);
  await bed.sqlAs(owner, "basketball", `CREATE TABLE public."${markup}" ()`);
  await bed.sql(`CREATE ROLE "${markup}"`);
  await bed.sql(`GRANT basketball TO "${markup}"`);
  await bed.sql(`GRANT SELECT ON public."${markup}" TO "${markup}"`, "basketball");
});

function expectFit(text: string): void {
  expect(text).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
  expect(text.split("\n")).not.toContainEqual(expect.stringMatching(/^\s*Resources: 5/));
}

countFaults("names of others, through Pulumi and the verbs");

it("are shown without effect by refresh, preview, and an up with more details", async () => {
  await bed.sql(`REVOKE SELECT ON public."${evil}" FROM admin_app`, "basketball");
  const refreshed = await bed.pulumi(["refresh", "--yes", "--skip-preview"], {
    PULUMI_OPTION_COLOR: "never",
  });
  expect(refreshed.output).toContain(String.raw`x\u001b[2J\u009b\u202e<\u007b%fg 1%}>\nResources`);
  const preview = await bed.preview();
  expect(preview.output).toContain(String.raw`U&"x\001b[2J\009b\202e<\007b%fg 1%}>\000aResources`);
  const up = await bed.pulumi(["up", "--yes", "--skip-preview", "--diff"]);
  expect(up.exitCode).toBe(0);
  for (const { output } of [refreshed, preview, up]) expectFit(output);
});

it("are shown without effect where they stand in a manifest", async () => {
  const file = path.join(bed.gitops, "argocd/apps/infra/netbox.yml");
  const before = readFileSync(file, "utf8");
  for (const text of [
    `${before}# ${evil}: 1\n`,
    `# Managed by Berth (${evil.split("\n")[0] ?? ""})`,
  ]) {
    writeFileSync(file, text);
    for (const args of [
      ["refresh", "--yes", "--skip-preview", "--diff"],
      ["preview", "--diff"],
      ["refresh", "--yes"],
    ]) {
      const { output } = await bed.pulumi(args, { PULUMI_OPTION_COLOR: "never" });
      expectFit(output);
    }
  }
  writeFileSync(file, before);
  expect((await bed.pulumi(["refresh", "--yes", "--skip-preview"])).exitCode).toBe(0);
});

it.each(["verify", "doctor", "report", "plan", "adopt", "preview"])(
  "are shown without effect by %s",
  async (verb) => {
    for (const more of [[], ["--json"]]) {
      const { stdout, stderr } = await bed.berth([verb, ...more]);
      expect(stdout).not.toBe("");
      expectFit(stdout + stderr);
    }
  },
);

it("are no markup in the page of the server", async () => {
  const { stdout } = await bed.berth(["report", "--html", "--live"]);
  expectFit(stdout);
  expect(stdout).toContain("&lt;script&gt;alert(1)");
  expect(stdout).not.toContain("<script>alert");
});

it("are only code in the comment on a pull request", async () => {
  await bed.sql(`GRANT ALL ON public."${markup}" TO PUBLIC`, "basketball");
  const { stdout } = await bed.berth(["preview", "--markdown"]);
  expectFit(stdout);
  expect(stdout).toContain("@team");
  const fenced = /^(`{3,})[a-z]*\n[\s\S]*?\n\1$/gm;
  const code = /(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g;
  expect(stdout.replaceAll(fenced, "").replaceAll(code, "")).not.toMatch(/@team|<script|\[x\]/);
});
