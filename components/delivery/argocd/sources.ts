import { fillValues } from "../../config/rules/manifests/values.ts";
import type { WorkloadSpec } from "../../config/spec/delivery.ts";
import type { AppSpec, StackSpec } from "../../config/spec.ts";
import { toOneError } from "../../errors.ts";
import type { ItemIds } from "../../secrets/onepassword-item.ts";
import { formatYaml } from "../yaml.ts";
import type { ApplicationSource, HelmValues } from "./application.ts";

/**
 * The source of an app's workload: none, a chart, or a folder in Git. A chart's values are an object, not
 * text, so no value is quoted twice.
 *
 * NOTE: Argo CD expects an OCI registry without `oci://`.
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/helm/
 */
export function planWorkloadSources(
  spec: StackSpec,
  app: AppSpec,
  items?: ItemIds,
): readonly ApplicationSource[] {
  const { workload } = app;
  if (workload === undefined) return [];
  switch (workload.kind) {
    case "helm":
      return planChart(workload, app, toHelm(spec, app, items));
    case "git": {
      const { repoURL, targetRevision, path, kustomize } = workload;
      return [{ repoURL, targetRevision, path, ...(kustomize && { kustomize }) }];
    }
  }
}

/**
 * Helm names objects after the release, which is the Application's name by default. If that has another name than the
 * app, the release keeps the app's: otherwise Argo CD would start a second copy, with new volumes.
 */
function planChart(
  workload: Extract<WorkloadSpec, { kind: "helm" }>,
  app: AppSpec,
  values: HelmValues,
): readonly ApplicationSource[] {
  const { valueFiles, ignoreMissingValueFiles, refs = [] } = workload;
  const isRenamed = app.argocd.application !== app.name;
  const releaseName = workload.releaseName ?? (isRenamed ? app.name : undefined);
  return [
    {
      repoURL: workload.repoURL.replace(/^oci:\/\//, ""),
      targetRevision: workload.version,
      chart: workload.chart,
      helm: {
        ...(releaseName && { releaseName }),
        ...(valueFiles && { valueFiles }),
        ...(ignoreMissingValueFiles && { ignoreMissingValueFiles }),
        ...values,
      },
    },
    ...refs.map(({ name, repoURL, targetRevision }) => ({ repoURL, targetRevision, ref: name })),
  ];
}

/** A chart's values. An object has no explicit null once it was applied a second time, so with one they are text. */
function toHelm(spec: StackSpec, app: AppSpec, items: ItemIds | undefined): HelmValues {
  const { values, problems } = fillValues(spec, app, (ref) => items?.(ref).labels);
  if (problems.length > 0) throw toOneError(`app ${app.name}: Helm values`, problems);
  return hasNull(values) ? { values: formatYaml([values]) } : { valuesObject: values };
}

function hasNull(value: unknown): boolean {
  if (typeof value !== "object") return false;
  return value === null || Object.values(value).some(hasNull);
}
