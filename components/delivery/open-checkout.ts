import { existsSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { isTargeted } from "../config/environment.ts";
import type { GitOpsSpec } from "../config/spec/delivery.ts";
import type { StackSpec } from "../config/spec.ts";
import { describeProblem, type Problem, toOneError } from "../errors.ts";
import { projectFolder } from "../project-folder.ts";
import {
  type CheckoutFacts,
  decideCheckout,
  findExisting,
  inspectCheckout,
} from "./git/checkout.ts";
import { findCommitProblems, inspectCommit } from "./git/commit.ts";
import { GitCommit } from "./git/git-commit.ts";
import { findUnlistedFiles, inspectKustomizations } from "./git/kustomizations.ts";
import { describeUncommitted, inspectUncommitted } from "./git/uncommitted.ts";
import { isFiles, type StackDelivery } from "./stack-delivery.ts";

/** A stack, and the checkout that its files are written to. */
export interface OpenedCheckout {
  /** With the path of the directory in the repository. */
  readonly spec: StackSpec;
  /** undefined = the stack writes no files, or to a folder that is in no checkout. */
  readonly checkout: CheckoutFacts | undefined;
}

/** Asks git about the checkout, and warns if Argo CD follows another branch. */
export async function openCheckout(spec: StackSpec): Promise<OpenedCheckout> {
  const { gitops } = spec;
  if (gitops === undefined) return { spec, checkout: undefined };
  const folder = path.resolve(projectFolder, gitops.directory);
  const checkout = await inspectCheckout(folder, gitops);
  const { path: inRepository, warnings } = decideCheckout(gitops, checkout);
  // A run with --target commits nothing, so `rotate` goes on in a merge, too.
  const problems =
    gitops.commit && !isTargeted() ? await checkCommit(gitops, folder, checkout) : [];
  for (const warning of [...warnings, ...problems]) {
    void pulumi.log.warn(describeProblem(warning));
  }
  return { spec: { ...spec, gitops: { ...gitops, path: inRepository } }, checkout };
}

/** A preview, in CI perhaps, only warns of what keeps `up` from committing. */
async function checkCommit(
  { directory }: GitOpsSpec,
  folder: string,
  checkout: CheckoutFacts | undefined,
): Promise<readonly Problem[]> {
  const facts = checkout && (await inspectCommit(findExisting(folder).existing, checkout));
  const problems = findCommitProblems(directory, facts);
  if (pulumi.runtime.isDryRun()) return existsSync(folder) ? problems : [];
  if (problems.length === 0) return [];
  throw toOneError("berth:gitops.commit", problems);
}

/**
 * Registers the commit of all files. It waits for everything, so that a run that fails commits nothing.
 *
 * @param resources All other resources. Also with --target it must be registered, and after them: the engine puts what is
 * in state before it, and refuses that a second time.
 */
export function commitFiles(
  { gitops }: StackSpec,
  { files, shared }: StackDelivery,
  resources: readonly pulumi.Resource[],
  provider: pulumi.ProviderResource,
): GitCommit | undefined {
  if (gitops?.commit !== true || shared === undefined || !isFiles(shared)) return undefined;
  const { directory } = gitops;
  const args = { directory, owner: shared.owner, files: files.map((file) => file.path).toSorted() };
  return new GitCommit("shared.commit", args, { provider, dependsOn: [...resources] });
}

/** Warns of files that a `kustomization.yaml` leaves out. */
export function warnOfUnlistedFiles({ gitops }: StackSpec, { files }: StackDelivery): void {
  if (gitops === undefined) return;
  const found = inspectKustomizations(path.resolve(projectFolder, gitops.directory), files);
  for (const problem of findUnlistedFiles(files, found)) {
    void pulumi.log.warn(describeProblem(problem));
  }
}

/**
 * Says after `up` which files have to be committed, or that commits have to be pushed. Nothing can say it later than
 * the stack's outputs, so the outputs have to wait for the result.
 *
 * @param written Settles when all files are written.
 */
export function reportUncommitted(
  { spec: { gitops }, checkout }: OpenedCheckout,
  { files }: StackDelivery,
  written: pulumi.Output<unknown>,
): pulumi.Output<unknown> {
  return written.apply(async () => {
    if (gitops === undefined || checkout === undefined || files.length === 0) return;
    if (pulumi.runtime.isDryRun()) return;
    const folder = path.resolve(projectFolder, gitops.directory);
    const paths = files.map((file) => file.path);
    const uncommitted = await inspectUncommitted(folder, checkout, paths);
    const problem = uncommitted && describeUncommitted(gitops.directory, uncommitted);
    if (problem !== undefined) await pulumi.log.info(describeProblem(problem));
  });
}
