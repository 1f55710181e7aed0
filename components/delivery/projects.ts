import { SHARED } from "../config/derive/names.ts";
import type { DestinationSpec } from "../config/spec/argocd.ts";
import type { ArgoCdSpec } from "../config/spec/delivery.ts";
import type { AppSpec, StackSpec } from "../config/spec.ts";
import { byKey } from "../sort.ts";
import {
  type ItemIds,
  planAdminSecret,
  planAppSecrets,
  planJob,
  planSharedAccess,
} from "./app-objects.ts";
import { buildAppProject, type GroupKind, toGroupKind } from "./argocd/project.ts";
import { planCertificateJob } from "./certificates/job.ts";
import { planConnect } from "./connect.ts";
import { toMetadata, WAVES } from "./metadata.ts";
import { groupOf, type KubernetesObject } from "./yaml.ts";

/** An Application, as far as its AppProject has to allow it. */
interface ProjectUse {
  readonly project: string;
  readonly destination: DestinationSpec;
  readonly namespaces: readonly string[];
  readonly repositories: readonly string[];
  /** What it applies, without a workload. */
  readonly objects: readonly KubernetesObject[];
  /** Argo CD creates its namespace. */
  readonly createsNamespace: boolean;
  readonly hasWorkload: boolean;
}

/** AppProject of the Applications in the database's namespace. */
export function databaseProject(spec: StackSpec, { project }: ArgoCdSpec): string {
  return spec.argocd.appProject === undefined ? project : `${project}-db`;
}

/**
 * The AppProjects that a stack asks for. A chart may have any kind, so a project with workloads allows those that the
 * stack file names, or all that have a namespace. The database's namespace is in a project of its own: with the
 * admin's Secret there, a workload that may run beside it could read every database.
 */
export function planProjects(
  spec: StackSpec,
  argocd: ArgoCdSpec,
  items: ItemIds,
): readonly KubernetesObject[] {
  const { appProject } = spec.argocd;
  if (appProject === undefined) return [];
  const uses = [
    ...toDatabaseUse(spec, argocd, items),
    ...spec.apps.flatMap((app) => toAppUse(spec, argocd, app, items)),
  ];
  const { kinds = ["*/*"], clusterKinds } = appProject;
  return [...Map.groupBy(uses, ({ project }) => project)].toSorted(byKey).map(([name, group]) => {
    const hasWorkload = group.some((use) => use.hasWorkload);
    const createsNamespace = group.some((use) => use.createsNamespace);
    const objects = group.flatMap((use) => use.objects);
    return buildAppProject({
      metadata: {
        name,
        namespace: argocd.argocdNamespace,
        ...toMetadata(SHARED, WAVES.project),
      },
      description: `What Berth's stack ${spec.stack} uses`,
      repositories: group.flatMap((use) => use.repositories),
      destinations: group.flatMap(({ destination, namespaces }) =>
        namespaces.map((namespace) => ({ ...destination, namespace })),
      ),
      clusterKinds: [
        ...objects.filter(isClusterWide).map(toKind),
        ...(createsNamespace ? ["Namespace"] : []).map(toGroupKind),
        ...(hasWorkload ? clusterKinds : []).map(toGroupKind),
      ],
      kinds: [
        ...objects.filter((object) => !isClusterWide(object)).map(toKind),
        ...(hasWorkload ? kinds : []).map(toGroupKind),
      ],
    });
  });
}

/** The Applications of the database's namespace; there are some only where manifests are in Git. */
function toDatabaseUse(spec: StackSpec, argocd: ArgoCdSpec, items: ItemIds): readonly ProjectUse[] {
  const { gitops, postgres } = spec;
  if (gitops === undefined) return [];
  const apps = spec.apps.filter(({ delivery }) => delivery === "git");
  const connect = planConnect(spec);
  return [
    {
      project: databaseProject(spec, argocd),
      destination: spec.argocd.destination,
      namespaces: [
        postgres.namespace,
        ...connect.flatMap(({ metadata }) => metadata.namespace ?? []),
      ],
      repositories: [gitops.repoURL],
      objects: [
        planAdminSecret(spec, items),
        ...connect,
        ...planSharedAccess(spec),
        ...apps.flatMap((app) => [
          ...planAppSecrets(spec, app, items).database,
          ...planJob(spec, app, "argocd"),
          ...planCertificateJob({ ...spec, app }, "argocd").source,
        ]),
      ],
      createsNamespace: false,
      hasWorkload: false,
    },
  ];
}

function toAppUse(
  spec: StackSpec,
  { project }: ArgoCdSpec,
  app: AppSpec,
  items: ItemIds,
): readonly ProjectUse[] {
  const { workload, delivery } = app;
  const objects =
    delivery === "git"
      ? [
          ...planAppSecrets(spec, app, items).own,
          ...planCertificateJob({ ...spec, app }, "argocd").own,
        ]
      : [];
  if (delivery === "none" || (objects.length === 0 && workload === undefined)) return [];
  const refs = workload?.kind === "helm" ? (workload.refs ?? []) : [];
  const tree = objects.length > 0 ? spec.gitops : undefined;
  const repositories = [tree, workload, ...refs].flatMap((one) => one?.repoURL ?? []);
  return [
    {
      project: app.argocd.project ?? project,
      destination: app.argocd.destination,
      namespaces: [app.namespace, ...objects.flatMap(({ metadata }) => metadata.namespace ?? [])],
      repositories: repositories.map((url) => url.replace(/^oci:\/\//, "")),
      objects,
      createsNamespace: !app.argocd.syncPolicy.syncOptions.includes("CreateNamespace=false"),
      hasWorkload: workload !== undefined,
    },
  ];
}

function isClusterWide({ metadata }: KubernetesObject): boolean {
  return metadata.namespace === undefined;
}

function toKind(object: KubernetesObject): GroupKind {
  return { group: groupOf(object), kind: object.kind };
}
