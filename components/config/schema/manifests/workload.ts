import { z } from "zod";
import { presetNames } from "../../presets/presets.ts";
import { DnsLabel, Text } from "../primitives.ts";
import { helmKeys, Kustomize, repositoryKeys } from "./argocd.ts";

const chartDefaults = {
  repoURL: Text.describe(
    "Chart repository; for OCI without oci://. Default: berth:charts, then the preset's.",
  ),
  version: Text.describe("Version of the chart. Default: that of berth:charts."),
};

export const Workload = z
  .strictObject({
    helm: z
      .strictObject({
        repoURL: chartDefaults.repoURL,
        chart: Text.describe("Name of the chart. Default: that of the preset."),
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
        repoURL: repositoryKeys.repoURL,
        path: Text.describe("Folder in the repository."),
        targetRevision: repositoryKeys.targetRevision,
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
  Text,
  z.strictObject(chartDefaults).partial().describe("One chart."),
);
