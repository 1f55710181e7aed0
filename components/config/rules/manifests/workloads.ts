import { type Problem, problemAt, problemWhen } from "../../../errors.ts";
import type { StackConfig } from "../../schema/stack.ts";
import type { GitOpsSpec } from "../../spec/delivery.ts";
import type { AppSpec, StackSpec } from "../../spec.ts";

/** Problems between what applies the manifests and what is asked of it, each with its key path. */
export function findWorkloadProblems(spec: StackSpec, config: StackConfig): Problem[] {
  const { gitops, cluster, apps } = spec;
  const starters = [gitops, cluster].flatMap((target) => target?.workloads ?? []);
  const [first] = starters;
  return [
    ...problemWhen(
      config.gitops?.flux !== undefined && gitops?.workloads !== "flux",
      "berth:gitops.flux",
      "nothing reads it; set berth:gitops.workloads: flux, or remove it",
    ),
    ...(config.argocd === undefined || starters.includes("argocd")
      ? []
      : findUnread("berth:argocd", first)),
    ...apps
      .filter(({ name }) => config.apps[name]?.argocd !== undefined)
      .flatMap((app) => findUnread(`berth:apps.${app.name}.argocd`, starterOf(app, spec))),
    ...apps.flatMap((app) => findAppProblems(app, spec)),
  ];
}

type Starter = GitOpsSpec["workloads"];

/** What applies an app's manifests; undefined = it has none. */
function starterOf(app: AppSpec, { gitops, cluster }: StackSpec): Starter | undefined {
  return { git: gitops, cluster, none: undefined }[app.delivery]?.workloads;
}

/** Settings of Argo CD where something else applies the manifests. */
function findUnread(at: string, starter: Starter | undefined): Problem[] {
  return starter === undefined || starter === "argocd"
    ? []
    : [problemAt(at, `nothing reads it with workloads: ${starter}; remove it`)];
}

function findAppProblems(app: AppSpec, spec: StackSpec): Problem[] {
  const { gitops } = spec;
  const starter = starterOf(app, spec);
  if (starter === "flux" && gitops !== undefined) return findFluxProblems(app, gitops);
  if (starter !== "none") return [];
  const at = `berth:apps.${app.name}`;
  return [
    ...problemWhen(
      app.workload !== undefined,
      `${at}.workload`,
      "nothing starts it with workloads: none; remove it",
    ),
    ...problemWhen(
      app.provisioner === "job" && app.delivery === "git",
      `${at}.provisioner`,
      "nothing runs the Job with workloads: none; use berth or postgresql",
    ),
  ];
}

/** A Kustomization reads one folder of its source. */
function findFluxProblems({ name, workload }: AppSpec, gitops: GitOpsSpec): Problem[] {
  const at = `berth:apps.${name}.workload`;
  if (workload === undefined) return [];
  if (workload.kind === "helm") {
    return [
      problemAt(
        `${at}.helm`,
        "Berth writes charts for Argo CD only; put a HelmRelease into a folder of the repository, and name that in workload.git.path",
      ),
    ];
  }
  const isOther =
    workload.repoURL !== gitops.repoURL || workload.targetRevision !== gitops.targetRevision;
  return [
    ...problemWhen(
      isOther,
      `${at}.git`,
      "with workloads: flux it is read from the GitOps repository; remove repoURL and targetRevision, or put a Kustomization for the other repository into that folder",
    ),
    ...problemWhen(
      workload.kustomize !== undefined,
      `${at}.git.kustomize`,
      "it is for Argo CD; write it into the folder's kustomization.yaml",
    ),
  ];
}
