import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, it } from "vitest";
import { commitAll, git as gitIn, initCheckout } from "../fakes/checkout.ts";
import { useBed } from "./use-bed.ts";

/** `gitops.commit`: what `up` commits in a checkout in which somebody else works too. */

const bed = useBed();
const git = (...args: readonly string[]) => gitIn(bed.gitops, ...args);
const countCommits = async (): Promise<number> => Number(await git("rev-list", "--count", "--all"));
const status = (): Promise<string> => git("status", "--porcelain", "--untracked-files=all");
const changedIn = async (commit = "HEAD"): Promise<readonly string[]> =>
  (await git("show", "--name-status", "--format=", "--no-renames", commit)).split("\n");
/** What somebody has staged. */
const ofOthers = "M  notes.md";

beforeAll(async () => {
  await initCheckout(bed.gitops);
  writeFileSync(path.join(bed.gitops, "notes.md"), "a\n");
  await commitAll(bed.gitops, "of others");
  writeFileSync(path.join(bed.gitops, "notes.md"), "b\n");
  await git("add", "--all");
  bed.configure((config) => {
    config["berth:gitops"] = { ...(config["berth:gitops"] as object), commit: true };
  });
});

it("commits the manifests of a first up, and not what others have staged", async () => {
  const preview = await bed.preview();
  expect(preview.exitCode, preview.output).toBe(0);
  expect(preview.output).toContain("berth:index:GitCommit");
  expect(await countCommits()).toBe(1);
  const output = await bed.bringUp();
  const id = await git("rev-parse", "--short", "HEAD");
  expect(output).toContain(`committed on main as ${id}: argocd/apps/db/basketball`);
  expect(output).toContain("fix: push the branch");
  expect(output).not.toContain("not committed in");
  expect(await status()).toBe(ofOthers);
  expect(await git("log", "-1", "--format=%s")).toBe("Write the manifests of Berth's stack dev");
  expect((await changedIn()).every((line) => line.startsWith("A\t"))).toBe(true);
});

it("commits nothing where nothing changed", async () => {
  const output = await bed.bringUp();
  expect(output).not.toMatch(/committed on|\d+ (created|updated|deleted|replaced)/);
  expect(await countCommits()).toBe(2);
});

it("commits nothing of an up that fails, and all of it with the next one", async () => {
  await bed.addLogin("wiki-db-credentials", "wiki", "wiki-password-of-a-test-0123");
  await bed.sql("create role wiki");
  bed.configure((config) => {
    config["berth:apps"]["basketball"] = { namespace: "westside" };
    config["berth:apps"]["wiki"] = {};
  });
  expect(await bed.failUp()).toContain('role "wiki"');
  const going = await bed.pulumi(["up", "--yes", "--skip-preview", "--continue-on-error"]);
  expect(going.exitCode).not.toBe(0);
  // Files of the other app are written by then.
  expect(await status()).toContain(" M k8s/");
  expect(await countCommits()).toBe(2);
  await bed.sql("drop role wiki");
  await bed.bringUp();
  expect(await countCommits()).toBe(3);
  expect(await status()).toBe(ofOthers);
  expect(await changedIn()).toContain("A\tk8s/infra/wiki/00-onepassworditems-infra-wiki.yaml");
});

it("commits that an app's files are gone, in the same up", async () => {
  bed.configure((config) => {
    delete config["berth:apps"]["wiki"];
  });
  const output = await bed.bringUp();
  expect(output).not.toContain("commit and push that");
  expect(await changedIn()).toContain("D\tk8s/infra/wiki/00-onepassworditems-infra-wiki.yaml");
  expect(await countCommits()).toBe(4);
  expect(await status()).toBe(ofOthers);
});

it("stops before it writes a file where it could not commit, and commits what others left", async () => {
  await git("switch", "--quiet", "--detach");
  const file = path.join(bed.gitops, "argocd/apps/infra/netbox.yml");
  const before = readFileSync(file, "utf8");
  writeFileSync(file, before.replace("8.3.61", "1.0.0"));
  expect(await bed.failUp()).toMatch(
    /berth:gitops\.commit: 1 problem\s+- .* has no branch checked out/,
  );
  // `rotate` runs this, and has nothing to commit.
  const targets = ["pulumi:providers:berth::berth", "berth:postgres:AppDatabase::netbox"].flatMap(
    (one) => ["--target", `urn:pulumi:dev::berth::${one}`],
  );
  const targeted = await bed.pulumi(["up", "--yes", "--skip-preview", ...targets], {
    BERTH_TARGETED: "true",
  });
  expect(targeted.exitCode, targeted.output).toBe(0);
  expect(readFileSync(file, "utf8")).toContain("1.0.0");
  await git("switch", "--quiet", "main");
  // Somebody commits the edit, so git has another file than the stack file asks for.
  await git("commit", "--quiet", "--only", "-m", "by hand", "--", "argocd");
  await bed.bringUp();
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(await changedIn()).toEqual(["M\targocd/apps/infra/netbox.yml"]);
  expect(await status()).toBe(ofOthers);
});
