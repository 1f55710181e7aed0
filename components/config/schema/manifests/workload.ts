import { z } from "zod";
import { presetNames } from "../../presets/presets.ts";
import { DnsLabel } from "../primitives.ts";
import { helmKeys, Kustomize } from "./argocd.ts";

const chartDefaults = {
  repoURL: z
    .string()
    .min(1)
    .describe(
      "Chart repository; for OCI without oci://. Default: berth:charts, then the preset's.",
    ),
  version: z.string().min(1).describe("Version of the chart. Default: that of berth:charts."),
};

/** What Argo CD starts for an app. */
export const Workload = z
  .strictObject({
    helm: z
      .strictObject({
        repoURL: chartDefaults.repoURL,
        chart: z.string().min(1).describe("Name of the chart. Default: that of the preset."),
        version: chartDefaults.version,
        preset: z
          .enum([...presetNames, "none"])
          .describe(
            "Database values of a chart that Berth knows; those under `values` count more. Default: the preset of the chart, if the entry has no repoURL.",
          ),
        values: z
          .record(z.string(), z.unknown())
          .describe(
            "Helm values. ${role}, ${database}, ${secret}, ${host}, ${port} (a number), ${port:text}, ${sslmode} and ${sslrootcert} are filled in; ${secret.KEY} is the name of a key that the Secret has; ${roles.KEY.role}, ${roles.KEY.secret} and ${roles.KEY.secret.KEY} are those of a further role.",
          ),
        ...helmKeys,
      })
      .partial()
      .describe("A chart. Give this or `git`."),
    git: z
      .strictObject({
        repoURL: z.string().min(1).describe("The repository. Default: the GitOps repository."),
        path: z.string().min(1).describe("Folder in the repository."),
        targetRevision: z
          .string()
          .min(1)
          .describe("Branch, tag or commit. Default: that of the GitOps repository."),
        configMap: DnsLabel.describe(
          "ConfigMap that Berth makes in the app's namespace, with PGHOST, PGPORT, PGDATABASE and, if it never changes, PGUSER. Default: none.",
        ),
        kustomize: Kustomize.optional().describe("For a path with a kustomization.yaml."),
      })
      .partial({ repoURL: true, targetRevision: true, configMap: true })
      .describe("A folder in Git. Give this or `helm`."),
  })
  .partial()
  .refine((w) => (w.helm === undefined) !== (w.git === undefined), {
    error: "give either `helm` or `git`",
  });

/** Under `charts`. */
export const Charts = z.record(
  z.string().min(1),
  z.strictObject(chartDefaults).partial().describe("One chart."),
);
