import { beforeAll, expect, it } from "vitest";
import { commitAll, git as gitIn, initCheckout } from "../fakes/checkout.ts";
import { useBed } from "./use-bed.ts";

/** `gitops.commit` that is turned on in a checkout which has the stack's files. */

const bed = useBed();
const git = (...args: readonly string[]) => gitIn(bed.gitops, ...args);

beforeAll(async () => {
  await initCheckout(bed.gitops);
});

it("commits in the same up that the files of an app which leaves are gone", async () => {
  await bed.bringUp();
  await commitAll(bed.gitops, "by hand");
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
  await bed.bringUp();
  const committed = (await git("show", "--name-status", "--format=")).split("\n");
  expect(committed).toEqual(ofApp.map((file) => `D\t${file}`));
  expect(await git("status", "--porcelain")).toBe("");
  await bed.expectNoChanges();
});
