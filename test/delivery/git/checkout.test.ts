import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GitOpsSpec } from "../../../components/config/spec/delivery.ts";
import {
  decideCheckout,
  inspectCheckout,
  type RunGit,
  runGit,
} from "../../../components/delivery/git/checkout.ts";
import {
  describeUncommitted,
  inspectUncommitted,
} from "../../../components/delivery/git/uncommitted.ts";
import { describeProblem } from "../../../components/errors.ts";
import { commitAll, git as gitIn, initCheckout } from "../../fakes/checkout.ts";
import { makeStack } from "../stack.ts";

/** A repository on this machine, and what git says of folders in it. */

let home: string;
let root: string;

const git = (...args: readonly string[]) => gitIn(root, ...args);
const write = (file: string, text = "kind: A\n"): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};
const commit = () => commitAll(root, "m");

beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), "berth-checkout-"));
  root = path.join(home, "gitops");
  await initCheckout(root);
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const follow = (targetRevision = "main", given?: string) => ({ targetRevision, path: given });
const inspect = (folder: string, gitops = follow(), run?: RunGit) =>
  inspectCheckout(path.join(home, folder), gitops, run);

describe("the folder's path in the repository", () => {
  it.each([
    ["the root", "gitops", ""],
    ["a folder below it", "gitops/clusters/home", "clusters/home"],
    ["a folder that is made later", "gitops/clusters/new/one", "clusters/new/one"],
    ["a name with spaces", "gitops/my clusters", "my clusters"],
    ["a link to a folder", "link", "clusters"],
  ])("is known for %s", async (_, folder, prefix) => {
    for (const made of ["clusters/home", "my clusters"])
      mkdirSync(path.join(root, made), { recursive: true });
    symlinkSync(path.join(root, "clusters"), path.join(home, "link"));
    expect(await inspect(folder)).toEqual({ prefix, branch: "main", isTag: false });
  });

  it("is not asked for outside of a checkout, and where the checkout ignores the folder", async () => {
    expect(await inspect("elsewhere")).toBeUndefined();
    write(".gitignore", "made/\n");
    expect(await inspect("gitops/made/tree")).toBeUndefined();
  });

  it.each([
    ["there is no git", () => Promise.resolve(undefined), "git is not on PATH"],
    [
      "git does not trust the checkout",
      () => Promise.resolve({ exitCode: 128, stdout: "", stderr: "fatal: dubious ownership\n" }),
      "fatal: dubious ownership",
    ],
  ] as const)("is a failure where %s, unless the stack file says it", async (_, run, reason) => {
    await expect(inspect("gitops", follow(), run)).rejects.toThrow(
      `git cannot read the checkout of ${root}: ${reason}\n  fix: let git read it, or name its path in the repository with berth:gitops.path`,
    );
    expect(await inspect("gitops", follow("main", "clusters"), run)).toBeUndefined();
    expect(await inspect("elsewhere", follow(), run)).toBeUndefined();
  });

  it("does not come from a git hook that runs pulumi", async () => {
    process.env["GIT_DIR"] = path.join(home, "other");
    try {
      expect(await inspect("gitops/a")).toMatchObject({ prefix: "a" });
    } finally {
      delete process.env["GIT_DIR"];
    }
  });
});

const { gitops } = makeStack([]);
const decide = (changes: Partial<GitOpsSpec>, facts: Awaited<ReturnType<typeof inspect>>) => {
  if (gitops === undefined) throw new Error("the stack has no tree");
  return decideCheckout({ ...gitops, ...changes }, facts);
};
const facts = { prefix: "clusters/home", branch: "main", isTag: false };

describe("the checkout", () => {
  it.each([
    ["git says the path", {}, facts, "clusters/home"],
    ["the stack file says it", { path: "a" }, undefined, "a"],
    ["both say the same", { path: "clusters/home" }, facts, "clusters/home"],
    ["nobody says it", {}, undefined, ""],
    ["a tag is followed", { targetRevision: "v1" }, { ...facts, isTag: true }, "clusters/home"],
    ["the default branch is followed", { targetRevision: "HEAD" }, facts, "clusters/home"],
  ])("is used without a word where %s", (_, changes, found, expected) => {
    expect(decide(changes, found)).toEqual({ path: expected, warnings: [] });
  });

  it.each([
    [
      "git says another path",
      { path: "a" },
      facts,
      'berth:gitops.path is "a", but git says that gitops is "clusters/home" in its repository',
    ],
    [
      "another branch is checked out",
      {},
      { ...facts, branch: "feature" },
      'gitops has the branch "feature" checked out, and berth:gitops.targetRevision is "main"',
    ],
    ["no branch is", {}, { ...facts, branch: undefined }, "gitops has no branch checked out"],
  ])("is used with a warning where %s", (_, changes, found, what) => {
    const { warnings } = decide(changes, found);
    expect(warnings).toMatchObject([{ what: expect.stringContaining(what) as string }]);
    expect(warnings[0]?.fix).toMatch(/berth:gitops|remove the key/);
  });

  it("has the branch and the tags that git has", async () => {
    write("a");
    await commit();
    await git("tag", "v1");
    await git("switch", "--quiet", "-c", "feature");
    expect(await inspect("gitops", follow("v1"))).toMatchObject({ branch: "feature", isTag: true });
    await git("switch", "--quiet", "--detach");
    expect(await inspect("gitops")).toMatchObject({ branch: undefined, isTag: false });
  });
});

describe("after up", () => {
  const files = ["k8s/infra/a/00 x.yaml", "argocd/apps/infra/a.yml"];
  const inspectAt = (prefix: string) =>
    inspectUncommitted(path.join(root, prefix), { ...facts, prefix }, files, runGit);

  it.each(["", "clusters/home"])("the changed files are named, below %j", async (prefix) => {
    const at = (file: string): string => path.posix.join(prefix, file);
    for (const file of [...files, "k8s/infra/gone/a.yaml"]) write(at(file));
    expect(await inspectAt(prefix)).toEqual({ files: files.toSorted(), ahead: 0 });
    await commit();
    expect(await inspectAt(prefix)).toEqual({ files: [], ahead: 0 });
    write(at(files[0] ?? ""), "kind: B\n");
    write(at("k8s/infra/of-others.yaml"));
    rmSync(path.join(root, at("k8s/infra/gone")), { recursive: true });
    const changed = [files[0], "k8s/infra/gone/a.yaml"];
    expect(await inspectAt(prefix)).toEqual({ files: changed, ahead: 0 });
    await git("add", "--all");
    expect(await inspectAt(prefix)).toEqual({ files: changed, ahead: 0 });
  });

  it("commits that are not pushed are counted", async () => {
    const upstream = path.join(home, "upstream.git");
    await execa("git", ["init", "--quiet", "--bare", upstream]);
    await git("remote", "add", "origin", upstream);
    write("a");
    await commit();
    await git("push", "--quiet", "--set-upstream", "origin", "main");
    expect(await inspectAt("")).toEqual({ files: [], ahead: 0 });
    for (const file of files) write(file);
    await commit();
    expect(await inspectAt("")).toEqual({ files: [], ahead: 1 });
  });

  it("nothing is said where git says nothing", async () => {
    const run: RunGit = () => Promise.resolve({ exitCode: 128, stdout: "", stderr: "" });
    expect(await inspectUncommitted(root, facts, files, run)).toBeUndefined();
    expect(describeUncommitted("../gitops", { files: [], ahead: 0 })).toBeUndefined();
  });

  it("the message says what to do, and is short however many files there are", () => {
    const say = (names: readonly string[], ahead: number) => {
      const problem = describeUncommitted("../gitops", { files: names, ahead });
      return problem && describeProblem(problem);
    };
    expect(say(files, 3)).toBe(
      `not committed in ../gitops: ${files.join(", ")}\n    fix: commit and push the checkout; what follows the repository sees nothing before`,
    );
    expect(say([], 2)).toMatch(/^not pushed from \.\.\/gitops: 2 commits\n {4}fix: push/);
    const many = Array.from({ length: 300 }, (_, index) => `k8s/${String(index)}.yaml`);
    expect(say(many, 0)).toContain("k8s/19.yaml and 280 more\n");
  });
});
