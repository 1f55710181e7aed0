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

/** One file of the GitOps tree. */
export interface ManifestPlan {
  /** Part of the resource's identity in state: never changes for the same file. */
  readonly logicalName: string;
  /** Inside the checkout, with `/`. */
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
 * - `k8s/db-provisioning/<app>/`, its items: each role's credential, next to the database, for whoever
 *   administers it there; and with `provisioner: job` the Job, which logs in with them;
 * - `argocd/apps/infra/<app>.yml`, the Application of the app: its items and what it runs;
 * - `k8s/infra/<app>/`, its items, one file a namespace. A role or secret may name a namespace other
 *   than the app's; the same Application holds it, and that namespace must exist.
 *
 * An app that puts everything into the database's namespace has no items of its own, and without a
 * workload no Application either: Argo CD refuses a path that does not exist. One whose only login comes
 * from Vault has none next to the database.
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
    ...planWorkloadSources(spec, app),
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
    ...(secrets.database.length === 0
      ? []
      : [planFile(`${app.name}.provisioner`, provisionerPath, [provisioner])]),
    ...planFolder(databasePath, secrets.database, () => `${app.name}.db-items`),
    ...(job.length === 0 ? [] : [planFile(`${app.name}.job`, `${databasePath}/10-job.yaml`, job)]),
    ...(application === undefined
      ? []
      : [planFile(`${app.name}.application`, `argocd/apps/infra/${app.name}.yml`, [application])]),
    ...planFolder(ownPath, secrets.own, (kind, namespace) =>
      // Whichever operator makes Secrets of items.
      ["OnePasswordItem", "ExternalSecret"].includes(kind)
        ? `${app.name}.items.${namespace}`
        : `${app.name}.${kind.toLowerCase()}s.${namespace}`,
    ),
  ];
}

/**
 * The files that all apps of the stack share: the admin role's item, in the database's namespace and
 * nowhere else, and what Berth makes for the apps' operators. A ClusterSecretStore has no namespace; the
 * AppProject must allow it. They are not in the apps' own folders because two Applications must not own
 * one object.
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
      return planFile(name, `${path}/00-${object.kind.toLowerCase()}.yaml`, [object]);
    }),
  ];
}

/**
 * Objects that are defined twice, in files or applied, and files that two apps want. Argo CD would have
 * two Applications undo each other's object for ever, with no more than a SharedResourceWarning.
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
  for (const object of applied) claimObject(object, "what is applied");
  return problems;
}

function toTreeSource(gitops: GitOpsSpec, path: string): ApplicationSource {
  return { repoURL: gitops.repoURL, targetRevision: gitops.targetRevision, path };
}

/** One file for the objects of a kind in a namespace. */
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
