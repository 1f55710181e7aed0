import { readFileSync } from "node:fs";
import path from "node:path";
import {
  type CheckoutFacts,
  inspectCheckout,
  runGit,
} from "../../components/delivery/git/checkout.ts";
import {
  type Commit,
  type CommitRequest,
  commitFiles,
  findCommitProblems,
  inspectCommit,
  listChanged,
} from "../../components/delivery/git/commit.ts";
import { toOneError } from "../../components/errors.ts";
import { isOwnedBy } from "../manifest-file/header.ts";

/** The manifests of a stack, and the folder that they are in. */
export interface Manifests {
  readonly directory: string;
  readonly owner: string;
  readonly files: readonly string[];
  readonly folder: string;
}

/** Those that git does not have as they are. Empty outside of a checkout. */
export async function listUncommitted(manifests: Manifests): Promise<readonly string[]> {
  const checkout = await inspect(manifests);
  return checkout === undefined ? [] : await listChanged(toRequest(manifests), checkout);
}

/**
 * Files that git has, that this stack wrote, and that are none of its manifests now: their app has left. The engine
 * deletes them later. Empty outside of a checkout.
 */
export async function listLeft({ folder, files, owner }: Manifests): Promise<readonly string[]> {
  const form = ["--files-with-matches", "-z", "--no-color", "--no-full-name", "--fixed-strings"];
  const found = await runGit(folder, ["grep", ...form, "-e", "# Managed by Berth (", "--", "."]);
  if (found?.exitCode !== 0) return [];
  const others = found.stdout.split("\0").filter((one) => one !== "" && !files.includes(one));
  return others.filter((one) => isOwnedBy(readFileSync(path.join(folder, one), "utf8"), [owner]));
}

/** Commits them. undefined = nothing changed. */
export async function commitManifests(manifests: Manifests): Promise<Commit | undefined> {
  const { directory, folder } = manifests;
  const checkout = await inspect(manifests);
  const facts = checkout && (await inspectCommit(folder, checkout));
  const problems = findCommitProblems(directory, facts);
  if (checkout === undefined || problems.length > 0) {
    throw toOneError("nothing is committed", problems);
  }
  return commitFiles(toRequest(manifests), checkout);
}

/** Where manifests are does not matter here. So a folder that git cannot read counts as one in no checkout. */
function inspect({ folder }: Manifests): Promise<CheckoutFacts | undefined> {
  return inspectCheckout(folder, { path: "", targetRevision: "HEAD" });
}

function toRequest({ folder, files, owner }: Manifests): CommitRequest {
  return {
    directory: folder,
    files,
    wasOwn: (text) => isOwnedBy(text, [owner]),
    message: `Write the manifests of Berth's ${owner.split(" ", 2).join(" ")}`,
  };
}
