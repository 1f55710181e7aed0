import { accessSync, constants, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { exampleFile, toShellWord } from "../../components/command-line.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { toAnyId } from "../../components/delivery/emitted-kinds.ts";
import {
  decideCheckout,
  inspectCheckout,
  type RunGit,
} from "../../components/delivery/git/checkout.ts";
import { findCommitProblems, inspectCommit } from "../../components/delivery/git/commit.ts";
import {
  findUnlistedFiles,
  inspectKustomizations,
} from "../../components/delivery/git/kustomizations.ts";
import { planStackDelivery } from "../../components/delivery/stack-delivery.ts";
import { loadIdentifiedStack } from "../../components/engine/stack-identity.ts";
import { BerthError, type Problem } from "../../components/errors.ts";
import { countOf } from "../print.ts";
import { NotNeeded, type Outcome, type Report, warn } from "./report.ts";
import type { World } from "./world.ts";

/** Checks of the files: the stack file, and the checkout that manifests are written to. */

const group = "stack";

export async function checkStackFile(
  report: Report,
  world: World,
  stack: { readonly name: string; readonly file: string },
): Promise<Outcome<StackSpec>> {
  const { name, file } = stack;
  const fix = `edit ${file}; ${exampleFile} is a complete example`;
  return await report.check({ group, name: "stack file", fix }, [], () => {
    const spec = loadIdentifiedStack(name, world.project, file);
    return { value: spec, detail: `${file}: ${countOf(spec.apps.length, "app")}` };
  });
}

export async function checkGitOps(
  report: Report,
  world: World,
  loaded: Outcome<StackSpec>,
): Promise<void> {
  const fix = "correct berth:gitops.directory";
  await report.check({ group, name: "gitops directory", fix }, [loaded], async (spec) => {
    const { gitops } = spec;
    if (gitops === undefined) throw new NotNeeded("the stack has no berth:gitops");
    const folder = path.resolve(world.project, gitops.directory);
    const clone = `git clone ${toShellWord(gitops.repoURL)} ${toShellWord(folder)}, or ${fix}`;
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new BerthError(`${folder} does not exist or is not a directory`, { hint: clone });
    }
    try {
      accessSync(folder, constants.W_OK | constants.X_OK);
    } catch (cause) {
      const hint = `give yourself the right to write to it, or ${fix}`;
      throw new BerthError(`${folder} is not writable`, { hint, cause });
    }
    // git clones into an empty folder only.
    const isEmpty = readdirSync(folder).length === 0;
    const fixCheckout = isEmpty ? clone : `git -C ${toShellWord(folder)} init, or ${fix}`;
    const run: RunGit = (at, args) => world.run("git", ["-C", at, ...args]);
    const found = await inspectCheckout(folder, gitops, run);
    if (found === undefined) {
      const detail = `${folder} is in no git checkout, or ignored by it: nobody can commit what Berth writes`;
      return warn(detail, fixCheckout);
    }
    const { files } = planStackDelivery(spec, toAnyId);
    const problems: readonly Problem[] = [
      ...decideCheckout(gitops, found).warnings,
      ...(gitops.commit ? findCommitProblems(folder, await inspectCommit(folder, found, run)) : []),
      ...findUnlistedFiles(files, inspectKustomizations(folder, files)),
    ];
    return {
      detail: `${folder}, ${found.prefix === "" ? "the root" : `folder ${found.prefix}`} of its repository`,
      warnings: problems.map(({ what, fix: own = "correct berth:gitops" }) => ({
        detail: what,
        fix: own,
      })),
    };
  });
}
