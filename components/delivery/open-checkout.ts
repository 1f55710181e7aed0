import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { StackSpec } from "../config/spec.ts";
import { describeProblem } from "../errors.ts";
import { projectFolder } from "../project-folder.ts";
import { type CheckoutFacts, decideCheckout, inspectCheckout } from "./git/checkout.ts";
import { findUnlistedFiles, inspectKustomizations } from "./git/kustomizations.ts";
import { describeUncommitted, inspectUncommitted } from "./git/uncommitted.ts";
import type { StackDelivery } from "./stack-delivery.ts";

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
  for (const warning of warnings) void pulumi.log.warn(describeProblem(warning));
  return { spec: { ...spec, gitops: { ...gitops, path: inRepository } }, checkout };
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
    const text = uncommitted && describeUncommitted(gitops.directory, uncommitted);
    if (text !== undefined) await pulumi.log.info(text);
  });
}
