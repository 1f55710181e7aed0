import { existsSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { secretVariables } from "../../config/environment.ts";
import type { GitOpsSpec } from "../../config/spec/delivery.ts";
import { BerthError, type Problem } from "../../errors.ts";
import { when } from "../../when.ts";

/** What git says about the folder that manifests are written to. */
export interface CheckoutFacts {
  /** The folder's path in the repository, with `/` between; empty = the repository's root. */
  readonly prefix: string;
  /** undefined = a commit is checked out and no branch. */
  readonly branch: string | undefined;
  /** Whether `targetRevision` is a tag. */
  readonly isTag: boolean;
}

/** Runs git; undefined = git is not on PATH. */
export type RunGit = (
  folder: string,
  args: readonly string[],
  input?: string,
) => Promise<
  { readonly exitCode: number; readonly stdout: string; readonly stderr: string } | undefined
>;

/** Runs git as the user does, without Berth's secrets; a hook's own repository does not count. */
export const runGit: RunGit = async (folder, args, input = "") => {
  const own = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];
  const removed = [...own, ...secretVariables];
  const env = { ...Object.fromEntries(removed.map((name) => [name, undefined])), LC_ALL: "C" };
  const options = { env, input, reject: false, stripFinalNewline: false } as const;
  const result = await execa("git", ["-C", folder, ...args], options);
  if (result.code === "ENOENT") return undefined;
  return { exitCode: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
};

/**
 * Asks git about the folder, which need not exist yet. undefined = it is in no checkout, or the checkout ignores it.
 *
 * @throws BerthError if it is in a checkout that git cannot read, and the stack file does not say its path either.
 */
export async function inspectCheckout(
  folder: string,
  gitops: Pick<GitOpsSpec, "path" | "targetRevision">,
  git: RunGit = runGit,
): Promise<CheckoutFacts | undefined> {
  const { existing, rest } = findExisting(folder);
  const shown = await git(existing, ["rev-parse", "--show-prefix"]);
  if (shown?.exitCode !== 0) {
    if (gitops.path !== undefined || !isInRepository(existing)) return undefined;
    const reason = shown === undefined ? "git is not on PATH" : shown.stderr.trim();
    throw new BerthError(`git cannot read the checkout of ${folder}: ${reason}`, {
      hint: "let git read it, or name its path in the repository with berth:gitops.path",
    });
  }
  const [ignored, branch, tag] = await Promise.all([
    git(existing, ["check-ignore", "--quiet", "--", rest === "" ? "." : rest]),
    git(existing, ["symbolic-ref", "--quiet", "--short", "HEAD"]),
    git(existing, ["show-ref", "--verify", "--quiet", `refs/tags/${gitops.targetRevision}`]),
  ]);
  if (ignored?.exitCode === 0) return undefined;
  const prefix = path.posix.join(shown.stdout.trimEnd(), rest.split(path.sep).join("/"));
  return {
    prefix: prefix === "." ? "" : prefix.replace(/\/$/, ""),
    branch: branch?.exitCode === 0 ? branch.stdout.trimEnd() : undefined,
    isTag: tag?.exitCode === 0,
  };
}

/** The folder, or the nearest one above it that exists. */
export function findExisting(folder: string): { readonly existing: string; readonly rest: string } {
  let existing = path.resolve(folder);
  while (!existsSync(existing)) existing = path.dirname(existing);
  return { existing, rest: path.relative(existing, path.resolve(folder)) };
}

function isInRepository(folder: string): boolean {
  const above = path.dirname(folder);
  return existsSync(path.join(folder, ".git")) || (above !== folder && isInRepository(above));
}

export interface CheckoutDecision {
  /** Path of the folder in the repository, without `/` at its ends; empty = its root. */
  readonly path: string;
  readonly warnings: readonly Problem[];
}

/** Decides where in the repository the manifests are. What the stack file says wins. Pure. */
export function decideCheckout(
  gitops: GitOpsSpec,
  facts: CheckoutFacts | undefined,
): CheckoutDecision {
  const { directory, targetRevision } = gitops;
  if (facts === undefined) return { path: gitops.path ?? "", warnings: [] };
  const { prefix, branch, isTag } = facts;
  const given = gitops.path ?? prefix;
  // Argo CD's HEAD is the default branch, which only the server knows.
  const isFollowed = branch === targetRevision || isTag || targetRevision === "HEAD";
  return {
    path: given,
    warnings: [
      ...when(given !== prefix, {
        what: `berth:gitops.path is "${given}", but git says that ${directory} is "${prefix}" in its repository`,
        fix: "remove the key, or correct it",
      }),
      ...when(!isFollowed, {
        what: `${directory} has ${branch === undefined ? "no branch" : `the branch "${branch}"`} checked out, and berth:gitops.targetRevision is "${targetRevision}": what is written there takes effect only once it is merged`,
        fix: `check out "${targetRevision}" there, or correct berth:gitops.targetRevision`,
      }),
    ],
  };
}
