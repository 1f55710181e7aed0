import { sortUnique } from "../../sort.ts";
import type { AppEntry, StackConfig } from "../schema/stack.ts";
import type { WorkloadSpec } from "../spec/delivery.ts";
import { type HelmEntry, toChart } from "./charts.ts";
import { toGitOpsSpec } from "./delivery.ts";

/** What is started for an app; undefined = nothing. `rules/manifests/charts.ts` refuses a chart without name or version. */
export function toWorkload(
  stack: string,
  app: string,
  entry: AppEntry,
  config: StackConfig,
): WorkloadSpec | undefined {
  const { helm, git } = entry.workload ?? {};
  const { repoURL = "", targetRevision = "main" } = toGitOpsSpec(stack, config) ?? {};
  if (helm !== undefined) {
    const refs = toHelmRefs(helm, { repoURL, targetRevision });
    const { releaseName, valueFiles, ignoreMissingValueFiles } = helm;
    const found = toChart(app, helm, config.charts);
    const { chart = "", repoURL: repository = "", version = "", values } = found;
    return {
      kind: "helm",
      chart,
      repoURL: repository,
      version,
      values,
      refs,
      releaseName,
      valueFiles,
      ignoreMissingValueFiles,
    };
  }
  if (git === undefined) return undefined;
  return {
    ...git,
    kind: "git",
    repoURL: git.repoURL ?? repoURL,
    targetRevision: git.targetRevision ?? targetRevision,
  };
}

/** Repositories of the value files, by the name after `$`. */
function toHelmRefs(
  { valueFiles = [], refs = {} }: HelmEntry,
  repository: { readonly repoURL: string; readonly targetRevision: string },
): Extract<WorkloadSpec, { kind: "helm" }>["refs"] {
  const used = valueFiles.flatMap((file) => /^\$([^/]+)\//.exec(file)?.[1] ?? []);
  return sortUnique([...used, ...Object.keys(refs)]).map((name) => ({
    name,
    repoURL: refs[name]?.repoURL ?? repository.repoURL,
    targetRevision: refs[name]?.targetRevision ?? repository.targetRevision,
  }));
}
