import type { AppSpec, StackSpec } from "../../config/spec.ts";
import { toOneError } from "../../errors.ts";
import type { ApplicationSource } from "./application.ts";
import { fillPlaceholders } from "./helm-values.ts";

/**
 * The source of an app's workload: none, a chart, or a folder in Git. A chart's values are an object, not
 * text, so no value is quoted twice.
 *
 * NOTE: Argo CD expects an OCI registry without `oci://`.
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/helm/
 */
export function planWorkloadSources(spec: StackSpec, app: AppSpec): readonly ApplicationSource[] {
  const { workload } = app;
  if (workload === undefined) return [];
  switch (workload.kind) {
    case "helm":
      return [
        {
          repoURL: workload.repoURL.replace(/^oci:\/\//, ""),
          targetRevision: workload.version,
          chart: workload.chart,
          helm: { valuesObject: fillValues(spec, app, workload.values) },
        },
      ];
    case "git":
      return [
        {
          repoURL: workload.repoURL,
          targetRevision: workload.targetRevision,
          path: workload.path,
        },
      ];
  }
}

function fillValues(
  spec: StackSpec,
  app: AppSpec,
  template: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const [owner] = app.roles;
  const { values, problems } = fillPlaceholders(template, {
    role: owner.name,
    database: app.database.name,
    secret: owner.secretName,
    host: spec.postgres.service.host,
    port: spec.postgres.service.port,
  });
  if (problems.length > 0) throw toOneError(`app ${app.name}: Helm values`, problems);
  return values;
}
