import { applicationName } from "../../config/derive/argocd.ts";
import { provisionerName, SHARED, storeName } from "../../config/derive/names.ts";
import { type ApplicationSettings, ownCluster } from "../../config/spec/argocd.ts";
import type { GitOpsSpec } from "../../config/spec/delivery.ts";
import type { AppSpec, StackSpec } from "../../config/spec.ts";
import { when, whenGiven } from "../../when.ts";
import { planApplication } from "../app-objects.ts";
import { type ApplicationSource, buildApplication } from "../argocd/application.ts";
import { buildApplicationSet } from "../argocd/parent.ts";
import { planWorkloadSources } from "../argocd/sources.ts";
import { toLabels, toMetadata, WAVES, type Wave } from "../metadata.ts";
import { databaseProject } from "../projects.ts";
import type { KubernetesObject } from "../yaml.ts";
import { type AppParts, appFolders, type SharedPart, toRepositoryPath } from "./folders.ts";
import { type ManifestPlan, planFile } from "./manifest-plan.ts";

/** The Applications that apply an app's folders and start its workload. */
export function planAppApplications(
  spec: StackSpec,
  gitops: GitOpsSpec,
  app: AppSpec,
  has: AppParts,
): Readonly<Record<"database" | "own", readonly ManifestPlan[]>> {
  const folders = appFolders(app);
  const name = provisionerName(app.name);
  const application = planApplication(gitops, app, [
    ...(has.own.length > 0 ? [toTreeSource(gitops, folders.own)] : []),
    ...planWorkloadSources(spec, app, has.items),
  ]);
  const provisioner = planDatabaseApplication(spec, gitops, {
    name: app.argocd.provisioner,
    partOf: app.name,
    wave: WAVES.provisionerApplication,
    path: folders.database,
    settings: { ...app.argocd, destination: spec.argocd.destination },
  });
  return {
    database: when(
      has.database.length > 0,
      planFile(`${app.name}.provisioner`, `argocd/apps/db/${name}.yml`, [provisioner]),
    ),
    own: whenGiven(application, (one) =>
      planFile(`${app.name}.application`, `argocd/apps/infra/${app.name}.yml`, [one]),
    ),
  };
}

/** The Application of what the apps share, and the parent of all. */
export function planSharedApplications(
  spec: StackSpec,
  gitops: GitOpsSpec,
  { name, path }: SharedPart,
): readonly ManifestPlan[] {
  const application = planDatabaseApplication(spec, gitops, {
    name: applicationName(spec.argocd.names, spec.stack, name),
    partOf: SHARED,
    wave: WAVES.adminApplication,
    path,
    settings: spec.argocd,
  });
  const parentName = storeName(spec.stack);
  return [
    planFile("shared.admin", `argocd/apps/db/${name}.yml`, [application]),
    ...whenGiven(planParent(spec, gitops), (parent) =>
      planFile("shared.parent", `argocd/${parentName}.yml`, [parent]),
    ),
  ];
}

/** An Application of a folder in the database's namespace. */
function planDatabaseApplication(
  spec: StackSpec,
  gitops: GitOpsSpec,
  args: {
    readonly name: string;
    readonly partOf: string;
    readonly wave: Wave;
    readonly path: string;
    readonly settings: ApplicationSettings;
  },
): KubernetesObject {
  return buildApplication({
    name: args.name,
    argocdNamespace: gitops.argocdNamespace,
    project: databaseProject(spec, gitops),
    ...toMetadata(args.partOf, args.wave),
    destinationNamespace: spec.postgres.namespace,
    sources: [toTreeSource(gitops, args.path)],
    holds: "items",
    settings: args.settings,
  });
}

/** What brings the Applications into Argo CD; nobody applies it but the administrator. */
function planParent(spec: StackSpec, gitops: GitOpsSpec): KubernetesObject | undefined {
  const { repoURL, targetRevision, argocdNamespace } = gitops;
  const { parent, parentProject } = spec.argocd;
  const name = storeName(spec.stack);
  const metadata = { name, namespace: argocdNamespace, labels: toLabels(SHARED), annotations: {} };
  const path = toRepositoryPath(gitops, "argocd/apps");
  switch (parent) {
    case "none":
      return undefined;
    case "application":
      return buildApplication({
        ...metadata,
        argocdNamespace,
        project: parentProject,
        destinationNamespace: argocdNamespace,
        sources: [{ repoURL, targetRevision, path, directory: { recurse: true } }],
        holds: "items",
        // Its children are in Argo CD's own cluster, and stay when it goes.
        settings: {
          ...spec.argocd,
          destination: { server: ownCluster },
          ignoreDifferences: [],
          finalizer: "none",
        },
      });
    case "application-set": {
      const files = ["db", "infra"].map((folder) => `${path}/${folder}/*.yml`);
      return buildApplicationSet({ metadata, repoURL, targetRevision, files });
    }
  }
}

function toTreeSource(gitops: GitOpsSpec, path: string): ApplicationSource {
  const { repoURL, targetRevision } = gitops;
  return { repoURL, targetRevision, path: toRepositoryPath(gitops, path) };
}
