import type { Problem } from "../../errors.ts";
import { type CheckoutFacts, type RunGit, runGit } from "./checkout.ts";

/** What Argo CD cannot see yet. */
export interface Uncommitted {
  /** Paths inside the directory. */
  readonly files: readonly string[];
  /** Commits that the branch's upstream does not have; 0 without an upstream. */
  readonly ahead: number;
}

/** Which of these files are not committed as they are, and what is deleted beside them; undefined = unknown. */
export async function inspectUncommitted(
  directory: string,
  { prefix }: CheckoutFacts,
  files: readonly string[],
  git: RunGit = runGit,
): Promise<Uncommitted | undefined> {
  const form = ["--porcelain=v2", "--branch", "-z", "--no-renames", "--untracked-files=all"];
  const folders = new Set(files.map((file) => file.split("/", 2).join("/")));
  const answer = await git(directory, ["status", ...form, "--", ...folders]);
  if (answer?.exitCode !== 0) return undefined;
  const lines = answer.stdout.split("\0");
  const ahead = lines.map((line) => /^# branch\.ab \+(\d+)/.exec(line)?.[1]).find(Boolean);
  const start = prefix === "" ? 0 : prefix.length + 1;
  const own = new Set(files);
  const changed = lines.flatMap((line) => readChange(line) ?? []);
  return {
    files: changed
      .map(({ file, isDeleted }) => ({ file: file.slice(start), isDeleted }))
      .filter(({ file, isDeleted }) => isDeleted || own.has(file))
      .map(({ file }) => file),
    ahead: Number(ahead ?? 0),
  };
}

/** `? path`, `1 XY <six fields> path` or, in a conflict, `u XY <eight fields> path`. */
function readChange(line: string): { file: string; isDeleted: boolean } | undefined {
  const form = /^(?:\?|1 (?<own>..)(?: \S+){6}|u (?<both>..)(?: \S+){8}) (?<file>.*)$/s;
  const { file, own = "", both = "" } = form.exec(line)?.groups ?? {};
  return file === undefined ? undefined : { file, isDeleted: `${own}${both}`.includes("D") };
}

/** How many paths a message names. */
const mostShown = 20;

/** What the operator has to do after `up`; undefined = nothing. Pure. */
export function describeUncommitted(
  directory: string,
  { files, ahead }: Uncommitted,
): Problem | undefined {
  if (files.length > 0) {
    const rest = files.length - mostShown;
    const more = rest > 0 ? ` and ${String(rest)} more` : "";
    const names = `${files.slice(0, mostShown).join(", ")}${more}`;
    const fix = "commit and push the checkout; what follows the repository sees nothing before";
    return { what: `not committed in ${directory}: ${names}`, fix };
  }
  if (ahead === 0) return undefined;
  const commits = ahead === 1 ? "1 commit" : `${String(ahead)} commits`;
  const fix = "push the branch; what follows the repository sees nothing before";
  return { what: `not pushed from ${directory}: ${commits}`, fix };
}
