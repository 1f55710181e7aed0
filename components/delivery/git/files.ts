import { provisionerName } from "../../config/derive/names.ts";
import type { AppSpec, GitOpsSpec, StackSpec } from "../../config/spec.ts";
import {
  type AppSecrets,
  type ItemIds,
  planAdminSecret,
  planApplication,
  planAppSecrets,
  planJob,
  planSharedAccess,
  toCommonArgs,
} from "../app-objects.ts";
import { type ApplicationSource, buildApplication } from "../argocd/application.ts";
import { planWorkloadSources } from "../argocd/sources.ts";
import { SHARED, WAVES } from "../metadata.ts";
import { formatYaml, type KubernetesObject } from "../yaml.ts";

/** One file in the GitOps checkout. */
export interface ManifestPlan {
  /** Pulumi's logical name. Never change it for the same file. */
  readonly logicalName: string;
  /** Path inside the checkout, with `/`. */
  readonly path: string;
  /** YAML text of `objects`. */
  readonly content: string;
  readonly objects: readonly KubernetesObject[];
}

/** Files of one app, or those that the apps of a stack share. */
export interface GitDeliveryArgs {
  readonly files: readonly ManifestPlan[];
  readonly gitops: GitOpsSpec;
  /** `stack prod, app netbox`: whose files they are. */
  readonly owner: string;
}

/**
 * The files of one app:
 *
 * - `argocd/apps/db/<app>-db-provisioner.yml`, an Application in the database's namespace;
 * - `k8s/db-provisioning/<app>/`, its items: each role's credential, for administrators of the database;
 *   with `provisioner: job` also the Job, which logs in with them;
 * - `argocd/apps/infra/<app>.yml`, the Application of the app: its items and its workload;
 * - `k8s/infra/<app>/`, its items, one file per namespace. A role or Secret may name another namespace
 *   than the app's. It is in the same Application, and that namespace must exist.
 *
 * Argo CD refuses a path that does not exist, so an Application without items has no such source, and an
 * app with neither items nor workload has no Application. An app whose only login comes from Vault has no
 * items in the database's namespace.
 */
export function planManifests(
  spec: StackSpec,
  app: AppSpec,
  items: ItemIds,
): readonly ManifestPlan[] {
  const { gitops } = spec;
  if (gitops === undefined) return [];
  const secrets = planAppSecrets(spec, app, items);
  const job = planJob(spec, app, "argocd");
  const databasePath = `k8s/db-provisioning/${app.name}`;
  const name = provisionerName(app.name);
  const ownPath = `k8s/infra/${app.name}`;
  const sources = [
    ...(secrets.own.length > 0 ? [toTreeSource(gitops, ownPath)] : []),
    ...planWorkloadSources(spec, app, items),
  ];
  const application = planApplication(gitops, app, sources);
  const provisioner = buildApplication({
    name,
    ...toCommonArgs(gitops, app.name, WAVES.provisionerApplication),
    destinationNamespace: spec.postgres.namespace,
    sources: [toTreeSource(gitops, databasePath)],
    holds: "items",
  });
  const provisionerPath = `argocd/apps/db/${name}.yml`;
  return [
    ...(secrets.database.length + job.length === 0
      ? []
      : [planFile(`${app.name}.provisioner`, provisionerPath, [provisioner])]),
    ...planFolder(databasePath, secrets.database, () => `${app.name}.db-items`),
    ...(job.length === 0 ? [] : [planFile(`${app.name}.job`, `${databasePath}/10-job.yaml`, job)]),
    ...(application === undefined
      ? []
      : [planFile(`${app.name}.application`, `argocd/apps/infra/${app.name}.yml`, [application])]),
    ...planFolder(ownPath, secrets.own, (kind, namespace) =>
      // The same logical name for both operators.
      ["OnePasswordItem", "ExternalSecret"].includes(kind)
        ? `${app.name}.items.${namespace}`
        : `${app.name}.${kind.toLowerCase()}s.${namespace}`,
    ),
  ];
}

/**
 * The files for all apps of the stack: the admin role's item, in the database's namespace only, and the
 * store and VaultConnection that Berth makes. A ClusterSecretStore has no namespace; the AppProject must
 * allow it. They are not in the apps' folders, because two Applications must not own one object.
 */
export function planSharedManifests(spec: StackSpec, items: ItemIds): readonly ManifestPlan[] {
  const { gitops, postgres } = spec;
  if (gitops === undefined) return [];
  const secret = planAdminSecret(spec, items);
  const { name } = secret.metadata;
  const path = `k8s/db-provisioning/${name}`;
  return [
    planFile("shared.admin", `argocd/apps/db/${name}.yml`, [
      buildApplication({
        name,
        ...toCommonArgs(gitops, SHARED, WAVES.adminApplication),
        destinationNamespace: postgres.namespace,
        sources: [toTreeSource(gitops, path)],
        holds: "items",
      }),
    ]),
    ...planFolder(path, [secret], () => "shared.admin-items"),
    ...planSharedAccess(spec).map((object) => {
      const name = object.kind === "VaultConnection" ? "shared.vault" : "shared.store";
      // The store of the stack's own vault has none of its own in its names.
      const isOther = name === "shared.store" && object.metadata.name !== spec.secrets.store?.name;
      const suffix = isOther ? object.metadata.name : "";
      return planFile(
        [name, suffix].filter(Boolean).join("."),
        `${path}/00-${[object.kind.toLowerCase(), suffix].filter(Boolean).join("-")}.yaml`,
        [object],
      );
    }),
  ];
}

/**
 * Files, resources and objects that are defined twice. With Argo CD two Applications would undo each
 * other's object for ever, and Argo CD would only show a SharedResourceWarning.
 */
export function findDuplicateObjects(
  files: readonly ManifestPlan[],
  applied: readonly KubernetesObject[] = [],
): readonly string[] {
  const problems: string[] = [];
  const firstByName = new Map<string, string>();
  const claim = (name: string, path: string): void => {
    const first = firstByName.get(name);
    if (first === undefined) firstByName.set(name, path);
    else problems.push(`${name} is in ${first} and in ${path}`);
  };
  const claimObject = ({ apiVersion, kind, metadata }: KubernetesObject, path: string): void => {
    const group = apiVersion.split("/")[0] ?? "";
    claim(`${kind}.${group} ${metadata.namespace ?? ""}/${metadata.name}`, path);
  };
  for (const file of files) {
    claim(`file ${file.path}`, file.path);
    claim(`resource ${file.logicalName}`, file.path);
    for (const object of file.objects) claimObject(object, file.path);
  }
  for (const object of applied) claimObject(object, "the objects that are applied");
  return problems;
}

/** Path in the repository of a path in the directory. */
function toRepositoryPath(gitops: GitOpsSpec, path: string): string {
  return gitops.path ? `${gitops.path}/${path}` : path;
}

function toTreeSource(gitops: GitOpsSpec, path: string): ApplicationSource {
  const { repoURL, targetRevision } = gitops;
  return { repoURL, targetRevision, path: toRepositoryPath(gitops, path) };
}

/** One file for all objects of a kind in a namespace. */
function planFolder(
  folder: string,
  objects: AppSecrets["own"],
  toLogicalName: (kind: string, namespace: string) => string,
): readonly ManifestPlan[] {
  const groups = Map.groupBy(
    objects,
    (object) => `${object.kind.toLowerCase()}s-${object.metadata.namespace}`,
  );
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, group]) => {
      const [first] = group;
      if (first === undefined) return [];
      return [
        planFile(
          toLogicalName(first.kind, first.metadata.namespace),
          `${folder}/00-${name}.yaml`,
          group,
        ),
      ];
    });
}

function planFile(
  logicalName: string,
  path: string,
  objects: readonly KubernetesObject[],
): ManifestPlan {
  return { logicalName, path, content: formatYaml(objects), objects };
}
