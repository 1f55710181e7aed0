import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { secretVariables } from "../../../components/config/environment.ts";
import { inspectCheckout } from "../../../components/delivery/git/checkout.ts";
import {
  commitFiles,
  findCommitProblems,
  inspectCommit,
} from "../../../components/delivery/git/commit.ts";
import { commitAll, git, initCheckout } from "../../fakes/checkout.ts";

/** A repository on this machine with work of others in it, and what a commit of some files takes along. */

let root: string;

const run = (...args: readonly string[]) => git(root, ...args);
const write = (file: string, text = "kind: A\n"): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};
const commitOthers = () => commitAll(root, "of others");

beforeEach(async () => {
  // Only the repository says who commits.
  vi.stubEnv("GIT_CONFIG_GLOBAL", "/dev/null");
  vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1");
  root = mkdtempSync(path.join(tmpdir(), "berth-commit-"));
  await initCheckout(root);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const own = ["argocd/apps/infra/a.yml", "k8s/infra/a/00 x.yaml", "k8s/infra/a/b.yaml"];
const checkout = async (folder = root) => {
  const facts = await inspectCheckout(folder, { path: "", targetRevision: "main" });
  if (facts === undefined) throw new Error("it is no checkout");
  return facts;
};
const commit = async (files = own, below = "") => {
  const directory = path.join(root, below);
  const wasOwn = (text: string): boolean => text.startsWith("# own");
  return commitFiles({ directory, files, wasOwn, message: "m" }, await checkout(directory));
};
const status = async (): Promise<readonly string[]> =>
  (await run("status", "--porcelain=v1", "--untracked-files=all")).split("\n").filter(Boolean);
const committed = async (): Promise<readonly string[]> =>
  (await run("show", "--name-status", "--format=", "--no-renames", "-z"))
    .split("\0")
    .filter(Boolean);

describe("a commit", () => {
  it("runs the hooks of the repository without the secrets of this process", async () => {
    for (const name of secretVariables) vi.stubEnv(name, `canary-${name}`);
    const seen = path.join(root, ".git/seen");
    const hook = path.join(root, ".git/hooks/pre-commit");
    mkdirSync(path.dirname(hook), { recursive: true });
    writeFileSync(hook, `#!/bin/sh\nenv > '${seen}'\n`);
    chmodSync(hook, 0o755);
    write("k8s/infra/a/b.yaml");
    await commit();
    const env = readFileSync(seen, "utf8");
    expect(env).toContain("GIT_CONFIG_NOSYSTEM=1");
    expect(env).not.toContain("canary");
  });

  it("has the files that changed, and nothing that others staged, edited, added or deleted", async () => {
    for (const file of ["staged", "edited", "k8s/infra/of-others.yaml", "k8s/infra/a/old.yaml"]) {
      write(file, file.endsWith("old.yaml") ? "# own\n" : "kind: A\n");
    }
    write(own[0] ?? "");
    await commitOthers();
    write("staged", "kind: B\n");
    await run("add", "staged");
    write("edited", "kind: B\n");
    write("k8s/infra/a/bc.yaml");
    for (const gone of ["k8s/infra/of-others.yaml", "k8s/infra/a/old.yaml"]) {
      rmSync(path.join(root, gone));
    }
    for (const file of own) write(file, "kind: B\n");
    const { branch, id } = (await commit()) ?? {};
    expect([branch, id]).toEqual(["main", await run("rev-parse", "--short", "HEAD")]);
    expect(await committed()).toEqual([
      "M",
      "argocd/apps/infra/a.yml",
      "A",
      "k8s/infra/a/00 x.yaml",
      "A",
      "k8s/infra/a/b.yaml",
      "D",
      "k8s/infra/a/old.yaml",
    ]);
    expect(await status()).toEqual([
      " M edited",
      " D k8s/infra/of-others.yaml",
      "M  staged",
      "?? k8s/infra/a/bc.yaml",
    ]);
  });

  it("is not made twice, nor where nothing changed", async () => {
    for (const file of own) write(file);
    expect((await commit())?.files).toEqual(own);
    expect(await commit()).toBeUndefined();
    expect(await run("rev-list", "--count", "HEAD")).toBe("1");
  });

  it.each([
    ["staged in another form", () => run("add", "--all"), "kind: B\n"],
    ["staged", () => Promise.resolve(), "kind: B\n"],
  ])("has a file of Berth that is %s, as it is now", async (_, stage, text) => {
    for (const file of own) write(file);
    await stage();
    for (const file of own) write(file, text);
    await run("add", own[1] ?? "");
    expect((await commit())?.files).toEqual(own);
    expect(await run("show", `HEAD:${own[0] ?? ""}`)).toBe("kind: B");
    expect(await status()).toEqual([]);
  });

  it("has files below a folder of the checkout, and a deletion that is staged", async () => {
    write("clusters/home/k8s/infra/a/old.yaml", "# own\n");
    write("k8s/infra/a/00 x.yaml", "of another\n");
    await commitOthers();
    await run("rm", "--quiet", "clusters/home/k8s/infra/a/old.yaml");
    write("k8s/infra/a/00 x.yaml", "changed\n");
    for (const file of own) write(`clusters/home/${file}`);
    expect((await commit(own, "clusters/home"))?.files).toEqual(
      [...own, "k8s/infra/a/old.yaml"].toSorted(),
    );
    expect(await status()).toEqual([' M "k8s/infra/a/00 x.yaml"']);
  });

  it("waits for a lock of another git", async () => {
    for (const file of own) write(file);
    write(".git/index.lock", "");
    setTimeout(() => {
      rmSync(path.join(root, ".git/index.lock"));
    }, 300);
    expect((await commit())?.files).toEqual(own);
  });

  it("fails where the lock stays, with what to do", async () => {
    for (const file of own) write(file);
    write(".git/index.lock", "");
    await expect(commit()).rejects.toThrow(
      /git does not commit the manifests in .*index\.lock.*\n {2}fix: wait for the other git process to end, or remove the lock/s,
    );
    rmSync(path.join(root, ".git/index.lock"));
    expect((await commit())?.files).toEqual(own);
  });

  it("fails where a hook refuses it, and leaves the index as it was", async () => {
    write("staged");
    await run("add", "--all");
    for (const file of own) write(file);
    write(".git/hooks/pre-commit", "#!/bin/sh\necho not today >&2\nexit 1\n");
    chmodSync(path.join(root, ".git/hooks/pre-commit"), 0o755);
    const before = await status();
    await expect(commit()).rejects.toThrow(/not today\n {2}fix: do what git asks for/);
    expect(await status()).toEqual(before);
    write(".git/hooks/pre-commit", "#!/bin/sh\ntouch seen\n");
    expect((await commit())?.files).toEqual(own);
    expect(existsSync(path.join(root, "seen"))).toBe(true);
  });
});

/** Work that somebody began: two branches that change one line. */
async function beginConflict(...command: string[]): Promise<void> {
  write("a");
  await commitOthers();
  await run("switch", "--quiet", "-c", "other");
  write("a", "kind: B\n");
  await commitOthers();
  await run("switch", "--quiet", "main");
  write("a", "kind: C\n");
  await commitOthers();
  await execa("git", ["-C", root, ...command], { stdin: "ignore", reject: false });
}

describe("no commit is possible", () => {
  const rows: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    ["in a merge", () => beginConflict("merge", "other"), "is in the middle of a merge"],
    ["in a rebase", () => beginConflict("rebase", "other"), "is in the middle of a rebase"],
    [
      "in a cherry-pick",
      () => beginConflict("cherry-pick", "other"),
      "is in the middle of a cherry-pick",
    ],
    ["in a revert", () => beginConflict("revert", "HEAD~1"), "is in the middle of a revert"],
    [
      "without a branch",
      async () => {
        await beginConflict("switch", "--quiet", "--detach");
      },
      "has no branch checked out",
    ],
    [
      "by nobody",
      async () => {
        await run("config", "user.useConfigOnly", "true");
        await run("config", "--unset", "user.email");
      },
      "git does not know who commits",
    ],
  ];

  it.each(rows)("%s, and the fix makes it possible", async (_, begin, what) => {
    await begin();
    const find = async () => findCommitProblems(root, await inspectCommit(root, await checkout()));
    const [problem, ...more] = await find();
    expect(more).toEqual([]);
    expect(problem?.what).toContain(what);
    const [, command = ""] = /(git -C .*?)(?:, or set|$)/.exec(problem?.fix ?? "") ?? [];
    const filled = command
      .replace("<branch>", "main")
      .replace(/<(name|address)>/g, "t@example.org");
    await execa(filled, { shell: true });
    expect(await find()).toEqual([]);
  });

  it("outside of a checkout", () => {
    expect(findCommitProblems("../gitops", undefined)).toEqual([
      {
        what: "../gitops is in no Git checkout, or the checkout ignores it",
        fix: "git init ../gitops, or set berth:gitops.commit to false",
      },
    ]);
  });
});
