import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { exampleFile } from "../../components/command-line.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { loadIdentifiedStack } from "../../components/engine/stack-identity.ts";
import { BerthError } from "../../components/errors.ts";
import { toShellWord } from "../../components/kubernetes/error.ts";
import { NotNeeded, type Outcome, type Passed, type Report } from "./report.ts";
import type { World } from "./world.ts";

/** Checks of the files: the stack file, and the checkout that manifests are written to. */

const group = "stack";

/** Checks the stack file and lists every mistake in it. */
export async function checkStackFile(
  report: Report,
  world: World,
  stack: { readonly name: string; readonly file: string },
): Promise<Outcome<StackSpec>> {
  const { name, file } = stack;
  const fix = `edit ${file}; ${exampleFile} is a complete example`;
  return await report.check({ group, name: "stack file", fix }, [], () => {
    const spec = loadIdentifiedStack(name, world.project, file);
    return { value: spec, detail: `${file}: ${String(spec.apps.length)} apps` };
  });
}

/** Checks the GitOps checkout: it exists, is writable and is a git repository. */
export async function checkGitOps(
  report: Report,
  world: World,
  spec: Outcome<StackSpec>,
): Promise<void> {
  const fix = "correct berth:gitops.directory";
  await report.check({ group, name: "gitops directory", fix }, [spec], async ({ gitops }) => {
    if (gitops === undefined) throw new NotNeeded("the stack has no berth:gitops");
    const folder = path.resolve(world.project, gitops.directory);
    const clone = `git clone ${toShellWord(gitops.repoURL)} ${toShellWord(folder)}, or correct berth:gitops.directory`;
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new BerthError(`${folder} does not exist or is no directory`, { hint: clone });
    }
    try {
      accessSync(folder, constants.W_OK | constants.X_OK);
    } catch (cause) {
      const hint = `give yourself the right to write to it, or ${fix}`;
      throw new BerthError(`${folder} is not writable`, { hint, cause });
    }
    return await describeCheckout(world, folder, clone);
  });
}

async function describeCheckout(
  world: World,
  folder: string,
  clone: string,
): Promise<Passed<undefined>> {
  const warn = (detail: string, fix: string): Passed<undefined> => ({
    value: undefined,
    detail,
    warnings: [{ detail, fix }],
  });
  const top = await world.run("git", ["-C", folder, "rev-parse", "--show-toplevel"]);
  if (top === undefined) return warn("there is no git on PATH", "install git");
  if (top.exitCode !== 0) {
    return warn(`${folder} is in no git checkout: nobody can commit what Berth writes`, clone);
  }
  const ignored = await world.run("git", ["-C", folder, "check-ignore", "--quiet", "."]);
  if (ignored?.exitCode === 0) {
    return warn(`${folder} is ignored by the git checkout ${top.stdout.trim()}`, clone);
  }
  return { value: undefined, detail: `${folder} in the checkout ${top.stdout.trim()}` };
}
