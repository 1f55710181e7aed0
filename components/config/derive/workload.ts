import type { AppEntry, StackConfig } from "../schema/stack.ts";
import type { WorkloadSpec } from "../spec.ts";
import { toHelmRefs } from "./argocd.ts";
import { toGitOpsSpec } from "./delivery.ts";

/** What is started for an app; undefined = nothing. */
export function toWorkload(
  stack: string,
  entry: AppEntry,
  config: StackConfig,
): WorkloadSpec | undefined {
  const { helm, git } = entry.workload ?? {};
  const { repoURL = "", targetRevision = "main" } = toGitOpsSpec(stack, config) ?? {};
  if (helm !== undefined) {
    const refs = toHelmRefs(helm, { repoURL, targetRevision });
    return { kind: "helm", ...helm, values: helm.values ?? {}, refs };
  }
  if (git === undefined) return undefined;
  return {
    kind: "git",
    path: git.path,
    repoURL: git.repoURL ?? repoURL,
    targetRevision: git.targetRevision ?? targetRevision,
    configMap: git.configMap,
    kustomize: git.kustomize,
  };
}
