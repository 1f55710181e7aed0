import { mkdirSync } from "node:fs";
import { execa } from "execa";
import { beforeAll, expect, it } from "vitest";
import { useBed } from "./use-bed.ts";

/** `gitops.commit` that is turned on in a checkout which has the stack's files. */

const bed = useBed();
const git = async (...args: string[]): Promise<string> =>
  (await execa("git", ["-C", bed.gitops, ...args], { stdin: "ignore" })).stdout;

beforeAll(async () => {
  mkdirSync(bed.gitops);
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "user.name", "t");
  await git("config", "user.email", "t@example.org");
  await git("config", "commit.gpgsign", "false");
});

it("commits in the same up that the files of an app which leaves are gone", async () => {
  const first = await bed.up();
  expect(first.exitCode, first.output).toBe(0);
  await git("add", "--all");
  await git("commit", "--quiet", "-m", "by hand");
  const ofApp = (await git("grep", "-l", "app basketball)")).split("\n");
  expect(ofApp.length).toBeGreaterThan(2);
  bed.configure((config) => {
    config["berth:gitops"] = { ...(config["berth:gitops"] as object), commit: true };
    delete config["berth:apps"]["basketball"];
  });
  const preview = await bed.preview();
  expect(preview.exitCode, preview.output).toBe(0);
  expect(preview.output).toContain("to be committed as deleted: ");
  expect(await git("status", "--porcelain")).toBe("");
  const { exitCode, output } = await bed.up();
  expect(exitCode, output).toBe(0);
  const committed = (await git("show", "--name-status", "--format=")).split("\n");
  expect(committed).toEqual(ofApp.map((file) => `D\t${file}`));
  expect(await git("status", "--porcelain")).toBe("");
  expect((await bed.preview("--expect-no-changes")).exitCode).toBe(0);
});
