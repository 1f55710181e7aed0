import { z } from "zod";
import { DnsLabel, optionalBut, Text } from "../primitives.ts";

/** What Argo CD is asked to do with the manifests, for the stack and for each app. */

/** As Go reads it. Argo CD would refuse another text only after it is committed. */
const Duration = z.string().regex(/^(\d+(\.\d+)?(ms|s|m|h))+$/, {
  error: "is not a duration; write it as 10s, 5m or 1h30m",
});

/**
 * What Argo CD knows and what deletes nothing. `Replace` and `Force` are left out: they delete objects and make them
 * again, and with a OnePasswordItem or a volume goes what is in it.
 */
const SyncOption = z.enum([
  "ApplyOutOfSyncOnly=true",
  "ClientSideApplyMigration=false",
  "CreateNamespace=false",
  "Delete=confirm",
  "Delete=false",
  "FailOnSharedResource=true",
  "Prune=confirm",
  "Prune=false",
  "PruneLast=true",
  "PrunePropagationPolicy=background",
  "PrunePropagationPolicy=foreground",
  "PrunePropagationPolicy=orphan",
  "RespectIgnoreDifferences=true",
  "ServerSideApply=true",
  "SkipDryRunOnMissingResource=true",
  "Validate=false",
]);

const Destination = z
  .strictObject({
    server: z
      .url({
        protocol: /^https$/,
        error: "is not a URL; write it as https://kube.example.org:6443",
      })
      .describe("URL of the API server, as Argo CD has it."),
    name: Text.describe("Name of the cluster in Argo CD."),
  })
  .partial()
  .refine(({ server, name }) => (server === undefined) !== (name === undefined), {
    error: "give either `server` or `name`",
  });

const SyncPolicy = z
  .strictObject({
    automated: z
      .union([
        z.literal(false),
        z
          .strictObject({
            prune: z.boolean().describe("Delete what is no longer in Git. Default: true."),
            selfHeal: z.boolean().describe("Undo edits in the cluster. Default: true."),
          })
          .partial(),
      ])
      .describe("false = a person starts each sync."),
    retry: z
      .union([
        z.literal(false),
        z
          .strictObject({
            limit: z.int().min(-1).describe("Number of tries. Default: 10; -1 = no limit."),
            backoff: z
              .strictObject({
                duration: Duration.describe("Pause before the second try. Default: 10s."),
                factor: z
                  .int()
                  .min(1)
                  .describe("Each pause is this many times as long as the one before. Default: 2."),
                maxDuration: Duration.describe("Longest pause. Default: 5m."),
              })
              .partial()
              .describe("Pauses between the tries."),
          })
          .partial(),
      ])
      .describe("false = leave it to Argo CD."),
    syncOptions: z.array(SyncOption).describe("Options of Argo CD that delete nothing."),
  })
  .partial();

const IgnoredDifference = z
  .strictObject({
    group: z.string().describe("API group; empty = the core group."),
    kind: Text.describe("Kind of the objects."),
    name: Text.describe("Name of the object. Default: all of the kind."),
    namespace: DnsLabel.describe("Namespace of the objects. Default: all."),
    jsonPointers: z
      .array(
        z.string().regex(/^(\/([^~/]|~[01])*)+$/, {
          error: "is not a JSON pointer; write it as /spec/replicas, with ~1 for a / in a key",
        }),
      )
      .describe("The fields, as JSON pointers."),
    jqPathExpressions: z.array(Text).describe("The fields, as paths of jq."),
    managedFieldsManagers: z.array(Text).describe("The fields that these controllers have set."),
  })
  .apply(optionalBut("kind"))
  .refine(
    (it) =>
      [it.jsonPointers, it.jqPathExpressions, it.managedFieldsManagers].some(
        (list) => list?.length,
      ),
    { error: "names no field; give jsonPointers, jqPathExpressions or managedFieldsManagers" },
  );

const common = {
  destination: Destination.describe(
    "Cluster that Argo CD applies to. Default: the one that it runs in. In an app's entry it is for the app's own Application; the database's manifests go to the stack's cluster.",
  ),
  syncPolicy: SyncPolicy.describe("When and how Argo CD syncs. Each key replaces the default."),
  ignoreDifferences: z
    .array(IgnoredDifference)
    .describe("Fields that Argo CD leaves as they are; an app's are added to the stack's."),
  finalizer: z
    .enum(["none", "foreground", "background"])
    .describe(
      "What Argo CD deletes with the Application: nothing (none) or everything that it applied (foreground, background). Default: foreground for an Application that has only Secrets, none for one with a workload. With a workload, foreground and background need reclaimPolicy: delete.",
    ),
};

/** Pattern of names, from `${stack}` and `${name}`. */
const NamePattern = z
  .string()
  .refine((text) => text.includes("${name}"), {
    error: "has no ${name}, so all would have one name",
  })
  .refine((text) => /^[a-z0-9-]*$/.test(text.replaceAll(/\$\{(name|stack)\}/g, "")), {
    error:
      "has other characters than a-z, 0-9 and -, or another placeholder than ${name}, ${stack}",
  });

/** Kinds in an AppProject, as `apps/Deployment` or, in the core group, `Service`. */
const GroupKind = z.string().regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Z][A-Za-z0-9]*$/, {
  error: "is not a kind; write it as apps/Deployment, and Service in the core group",
});

/** `berth:argocd`. */
export const ArgoCd = z
  .strictObject({
    ...common,
    names: NamePattern.describe(
      "Names of Applications, from ${stack} and ${name}. Several stacks in one Argo CD need different names, as ${stack}-${name} gives. Default: ${name}, which is the app's name, <app>-db-provisioner, or the admin's item.",
    ),
    appProject: z
      .union([
        z.boolean(),
        z
          .strictObject({
            kinds: z
              .array(GroupKind)
              .describe("Kinds with a namespace that workloads have. Default: all."),
            clusterKinds: z
              .array(GroupKind)
              .describe("Kinds without a namespace that workloads have. Default: none."),
          })
          .partial(),
      ])
      .describe(
        "Make the AppProjects: <project> for the apps and <project>-db for the database's manifests, with the namespaces, repositories and kinds that are used. Default: false.",
      ),
    parent: z
      .enum(["none", "application", "application-set"])
      .describe(
        "Write what brings the Applications into Argo CD: an Application or an ApplicationSet, argocd/<name>.yml, which you apply once. Default: none.",
      ),
    parentProject: Text.describe("AppProject of the parent. Default: default."),
  })
  .partial();

/** `argocd` in an app's entry. */
export const AppArgoCd = z
  .strictObject({
    ...common,
    // Argo CD uses it as a label's value.
    name: DnsLabel.describe("Name of the app's Application. Default: by berth:argocd.names."),
    project: DnsLabel.describe("AppProject of the app's Application. Default: the stack's."),
  })
  .partial();

/** kustomize's options that Argo CD passes on. */
export const Kustomize = z
  .strictObject({
    namePrefix: z.string().describe("Text before the name of each object."),
    nameSuffix: z.string().describe("Text after the name of each object."),
    namespace: DnsLabel.describe("Namespace of all objects."),
    images: z.array(Text).describe("Other images, as name=newname:tag."),
    replicas: z
      .array(
        z.strictObject({
          name: Text.describe("Name of the workload."),
          count: z.int().min(0).describe("Number of its Pods."),
        }),
      )
      .describe("How many Pods a workload has."),
    commonLabels: z
      .record(z.string(), z.string().describe("Value of the label."))
      .describe("Labels of all objects."),
    commonAnnotations: z
      .record(z.string(), z.string().describe("Value of the annotation."))
      .describe("Annotations of all objects."),
    components: z.array(Text).describe("Folders with components of kustomize."),
  })
  .partial();

/** A repository of manifests or values. */
export const repositoryKeys = {
  repoURL: Text.describe("The repository. Default: the GitOps repository."),
  targetRevision: Text.describe("Branch, tag or commit. Default: that of the GitOps repository."),
};

/** Helm's options that Argo CD passes on. */
export const helmKeys = z
  .strictObject({
    releaseName: DnsLabel.max(53, { error: "is longer than 53 characters, Helm's limit" }).describe(
      "Name of the release. Default: the app's name.",
    ),
    valueFiles: z
      .array(Text)
      .describe(
        "Files with values: in the chart, or as $<ref>/path in a repository of `refs`. `values` count more.",
      ),
    ignoreMissingValueFiles: z
      .boolean()
      .describe("Go on without a file of `valueFiles` that is missing. Default: false."),
    refs: z
      .record(DnsLabel, z.strictObject(repositoryKeys).partial().describe("One repository."))
      .describe(
        "Repositories of valueFiles, by the name after $. Default, also for a name that is not listed: the GitOps repository.",
      ),
  })
  .partial().shape;

/** As the Kustomization's definition wants it. */
const Interval = z.string().regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/, {
  error: "is not a duration; write it as 10m or 1h",
});

/** `berth:gitops.flux`. */
export const Flux = z
  .strictObject({
    namespace: DnsLabel.describe("Namespace of the Kustomizations. Default: flux-system."),
    source: DnsLabel.describe(
      "GitRepository of the GitOps repository, in that namespace. Default: flux-system.",
    ),
    interval: Interval.describe("How often Flux compares the cluster with Git. Default: 10m."),
    names: NamePattern.describe(
      "Names of Kustomizations, from ${stack} and ${name}. Default: ${name}.",
    ),
  })
  .partial();
