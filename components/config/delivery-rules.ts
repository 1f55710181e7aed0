import type { AppSpec, StackSpec } from "./spec.ts";

/** Settings that say where manifests go and do not fit together, each with its key path. */
export function findDeliveryProblems(spec: StackSpec): string[] {
  return [
    ...(spec.cluster?.context === ""
      ? [
          "berth:cluster.context: missing; name a context of the kubeconfig (kubectl config get-contexts), since its current one may be another tomorrow",
        ]
      : []),
    ...spec.apps.flatMap((app) => findAppProblems(app, spec)),
  ];
}

function findAppProblems(app: AppSpec, spec: StackSpec): string[] {
  const at = `berth:apps.${app.name}`;
  const place = { git: spec.gitops, cluster: spec.cluster, none: spec }[app.delivery];
  if (place === undefined) {
    const key = app.delivery === "git" ? "berth:gitops" : "berth:cluster";
    return [`${at}.delivery: "${app.delivery}" needs ${key}, which the stack file does not have`];
  }
  const { workload } = app;
  const needsRepository = app.delivery !== "none" && workload?.kind === "git";
  return needsRepository && workload.repoURL === ""
    ? [`${at}.workload.git.repoURL: missing; without berth:gitops there is none to take`]
    : [];
}
