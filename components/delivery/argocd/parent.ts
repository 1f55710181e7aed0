import type { GitOpsSpec } from "../../config/spec/delivery.ts";
import type { ObjectMetadata } from "../../secrets/object-metadata.ts";

export interface ApplicationSetArgs extends Pick<GitOpsSpec, "repoURL" | "targetRevision"> {
  readonly metadata: ObjectMetadata;
  /** Globs of the files with Applications, in the repository. */
  readonly files: readonly string[];
}

/**
 * An ApplicationSet that makes the Applications from their files. A file's values are the parameters, and all but the
 * project goes through the patch: the controller takes no project from there. When a file is gone, its Application
 * is deleted, and what it runs only if the file had the finalizer.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Template/
 */
export function buildApplicationSet(args: ApplicationSetArgs) {
  const { metadata, repoURL, targetRevision, files } = args;
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "ApplicationSet",
    metadata,
    spec: {
      goTemplate: true,
      goTemplateOptions: ["missingkey=error"],
      generators: [
        {
          git: { repoURL, revision: targetRevision, files: files.map((path) => ({ path })) },
        },
      ],
      syncPolicy: { preserveResourcesOnDeletion: true },
      template: {
        metadata: { name: "{{ .metadata.name }}" },
        spec: { project: "{{ .spec.project }}", destination: {} },
      },
      templatePatch: `metadata:
  labels: {{ toJson .metadata.labels }}
  annotations: {{ toJson .metadata.annotations }}
  {{- if hasKey .metadata "finalizers" }}
  finalizers: {{ toJson .metadata.finalizers }}
  {{- end }}
spec: {{ toJson .spec }}
`,
    },
  };
}
