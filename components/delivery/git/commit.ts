import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { toShellWord } from "../../command-line.ts";
import { BerthError, type Problem } from "../../errors.ts";
import { when, whenGiven } from "../../when.ts";
import { type CheckoutFacts, type RunGit, runGit } from "./checkout.ts";
import { inspectUncommitted } from "./uncommitted.ts";

/** What decides whether a commit is possible. */
export interface CommitFacts {
  /** undefined = a commit is checked out and no branch. */
  readonly branch: string | undefined;
  /** What somebody has begun and not finished: a commit would become a part of it. */
  readonly unfinished: string | undefined;
  /** Why git does not know who commits; undefined = it knows. */
  readonly nobody: string | undefined;
}

/** Files in git's folder, and what they say. */
const beginnings: Readonly<Record<string, string>> = {
  MERGE_HEAD: "merge",
  CHERRY_PICK_HEAD: "cherry-pick",
  REVERT_HEAD: "revert",
  "rebase-merge": "rebase",
  "rebase-apply": "rebase",
};

/** Asks git whether it could commit in a folder that exists. */
export async function inspectCommit(
  directory: string,
  { branch }: Pick<CheckoutFacts, "branch">,
  git: RunGit = runGit,
): Promise<CommitFacts> {
  const [folder, author, committer] = await Promise.all([
    git(directory, ["rev-parse", "--absolute-git-dir"]),
    git(directory, ["var", "GIT_AUTHOR_IDENT"]),
    git(directory, ["var", "GIT_COMMITTER_IDENT"]),
  ]);
  const gitFolder = folder?.stdout.trimEnd() ?? "";
  const begun = Object.keys(beginnings).find((name) => existsSync(path.join(gitFolder, name)));
  const unknown = [author, committer].find((one) => one?.exitCode !== 0);
  return {
    branch,
    unfinished: begun && beginnings[begun],
    nobody: unknown?.stderr.trim().split("\n").at(-1),
  };
}

/**
 * Why nothing can be committed in a directory. Pure.
 *
 * @param facts undefined = it is in no checkout.
 */
export function findCommitProblems(
  directory: string,
  facts: CommitFacts | undefined,
): readonly Problem[] {
  const otherwise = "or set berth:gitops.commit to false";
  if (facts === undefined) {
    const what = `${directory} is in no Git checkout, or the checkout ignores it`;
    return [{ what, fix: `git init ${toShellWord(directory)}, ${otherwise}` }];
  }
  const { branch, unfinished, nobody } = facts;
  const here = `git -C ${toShellWord(directory)}`;
  return [
    ...whenGiven(unfinished, (begun) => ({
      what: `${directory} is in the middle of a ${begun}: a commit would become a part of it`,
      fix: `finish the ${begun}, or ${here} ${begun} --abort`,
    })),
    // A rebase has no branch checked out.
    ...when(branch === undefined && unfinished === undefined, {
      what: `${directory} has no branch checked out, so there is none to commit to`,
      fix: `${here} switch <branch>, ${otherwise}`,
    }),
    ...whenGiven(nobody, (why) => ({
      what: `git does not know who commits in ${directory}: ${why}`,
      fix: `${here} config user.name <name> && ${here} config user.email <address>`,
    })),
  ];
}

export interface CommitRequest {
  /** The folder that they are in. */
  readonly directory: string;
  /** Paths in it, with `/`. */
  readonly files: readonly string[];
  /** Whether the text of a file that is gone says that it was one of them. */
  readonly wasOwn: (text: string) => boolean;
  readonly message: string;
}

export interface Commit {
  readonly id: string;
  readonly branch: string;
  /** Paths in the directory. */
  readonly files: readonly string[];
}

/** The files that git does not have as they are, or that are gone. None that others changed or staged. */
export async function listChanged(
  { directory, files, wasOwn }: Omit<CommitRequest, "message">,
  checkout: CheckoutFacts,
  git: RunGit = runGit,
): Promise<readonly string[]> {
  const found = await inspectUncommitted(directory, checkout, files, git);
  const own = new Set(files);
  const changed: string[] = [];
  for (const file of found?.files ?? []) {
    const old = own.has(file) ? undefined : await git(directory, ["show", `HEAD:./${file}`]);
    if (own.has(file) || (old?.exitCode === 0 && wasOwn(old.stdout))) changed.push(file);
  }
  return changed.toSorted();
}

/**
 * Commits the changed files and nothing else: what others have staged stays staged. undefined = nothing changed. The
 * repository's hooks run, as for every commit in it.
 *
 * @throws BerthError if git refuses. Its index is then as before.
 */
export async function commitFiles(
  request: CommitRequest,
  checkout: CheckoutFacts,
  git: RunGit = runGit,
): Promise<Commit | undefined> {
  const { directory, message } = request;
  const files = await listChanged(request, checkout, git);
  if (files.length === 0) return undefined;
  const run = (paths: readonly string[], ...args: readonly string[]) =>
    runWithPaths(directory, args, paths, git);
  const known = new Set((await git(directory, ["ls-files", "-z"]))?.stdout.split("\0"));
  const added = files.filter((file) => !known.has(file) && existsSync(path.join(directory, file)));
  // Git commits only paths that it knows.
  await run(added, "add", "--intent-to-add");
  try {
    await run(files, "commit", "--quiet", "--only", "-m", message);
  } catch (error) {
    await run(added, "rm", "--cached", "--force", "--quiet", "--ignore-unmatch").catch(
      () => undefined,
    );
    throw error;
  }
  const head = await git(directory, ["rev-parse", "--short", "HEAD"]);
  return { id: head?.stdout.trimEnd() ?? "", branch: checkout.branch ?? "", files };
}

/** How long another git process, an editor's perhaps, may have the index. */
const lockedMs = 2000;
const pauseMs = 250;

async function runWithPaths(
  directory: string,
  args: readonly string[],
  paths: readonly string[],
  git: RunGit,
): Promise<void> {
  if (paths.length === 0) return;
  const input = paths.map((one) => `${one}\0`).join("");
  const all = [...args, "--pathspec-from-file=-", "--pathspec-file-nul"];
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    const done = await git(directory, all, input);
    if (done?.exitCode === 0) return;
    const said = `${done?.stderr ?? "git is not on PATH"}\n${done?.stdout ?? ""}`.trim();
    const isLocked = /index\.lock'?: File exists/.test(said);
    if (!isLocked || waitedMs >= lockedMs) throw toError(directory, said, isLocked);
    await delay(pauseMs);
  }
}

function toError(directory: string, said: string, isLocked: boolean): BerthError {
  return new BerthError(`git does not commit the manifests in ${directory}: ${said}`, {
    hint: isLocked
      ? "wait for the other git process to end, or remove the lock if there is none; then run pulumi up again"
      : "do what git asks for and run pulumi up again, or set berth:gitops.commit to false and commit by hand",
  });
}
