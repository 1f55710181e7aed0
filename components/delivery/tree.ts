import type { AppSpec, GitOpsSpec, ItemRef, RoleSpec, StackSpec } from "../config/spec.ts";
import { BerthError } from "../errors.ts";
import {
  buildOnePasswordItem,
  type ItemId,
  type OnePasswordItem,
} from "../secrets/onepassword-item.ts";
import { type ApplicationSource, buildApplication } from "./argocd-application.ts";
import { toLabels, toWaveAnnotation, WAVES } from "./metadata.ts";
import { planWorkloadSources } from "./workload-sources.ts";
import { formatYaml, type KubernetesObject } from "./yaml.ts";

/** Resolves an item of a stack file to its ids. */
export type ItemIds = (ref: ItemRef) => ItemId;

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

/** Part-of label of what the apps of a stack share. */
const SHARED = "shared";

/**
 * The files of one app:
 *
 * - `argocd/apps/db/<app>-db-provisioner.yml`, an Application in the database's namespace;
 * - `k8s/db-provisioning/<app>/`, its items: each role's credential, next to the database. There is
 *   no Job among them: Berth runs the SQL itself, so this Application carries items and no more.
 *   The Secrets stay, since they are what an administrator in that namespace logs in with;
 * - `argocd/apps/infra/<app>.yml`, the Application of the app: its items and what it runs;
 * - `k8s/infra/<app>/`, its items, one file a namespace. A role or secret may name a namespace other
 *   than the app's; the same Application holds it, and that namespace must exist.
 *
 * An app that puts everything into the database's namespace has no items of its own, and without a
 * workload no Application either: Argo CD refuses a path that does not exist.
 */
export function planManifests(
  spec: StackSpec,
  app: AppSpec,
  items: ItemIds,
): readonly ManifestPlan[] {
  const { gitops } = spec;
  if (gitops === undefined) return [];
  refuseAdminItem(spec, app, items);
  const databaseItems = app.roles.map((role) =>
    toItem(app.name, role.secretName, spec.postgres.namespace, items(role.item)),
  );
  const ownItems = [...app.roles.filter(isOutside(spec)), ...app.secrets].map((secret) =>
    toItem(app.name, toSecretName(secret), secret.namespace, items(secret.item)),
  );
  const databasePath = `k8s/db-provisioning/${app.name}`;
  const ownPath = `k8s/infra/${app.name}`;
  const sources = [
    ...(ownItems.length > 0 ? [toTreeSource(gitops, ownPath)] : []),
    ...planWorkloadSources(spec, app),
  ];
  return [
    planFile(`${app.name}.provisioner`, `argocd/apps/db/${app.name}-db-provisioner.yml`, [
      buildApplication({
        name: `${app.name}-db-provisioner`,
        ...toCommonArgs(gitops, app.name, WAVES.provisionerApplication),
        destinationNamespace: spec.postgres.namespace,
        sources: [toTreeSource(gitops, databasePath)],
        holds: "items",
      }),
    ]),
    planItemFile(`${app.name}.db-items`, databasePath, spec.postgres.namespace, databaseItems),
    ...(isFilled(sources) ? [planApplicationFile(gitops, app, sources)] : []),
    ...groupByNamespace(ownItems).map(([namespace, group]) =>
      planItemFile(`${app.name}.items.${namespace}`, ownPath, namespace, group),
    ),
  ];
}

/**
 * The files that all apps of the stack share: the admin role's item, in the database's namespace and
 * nowhere else. It is not in the apps' own folders because two Applications must not own one object.
 */
export function planSharedManifests(spec: StackSpec, items: ItemIds): readonly ManifestPlan[] {
  const { gitops, postgres } = spec;
  if (gitops === undefined) return [];
  const name = toAdminSecretName(spec);
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
    planItemFile("shared.admin-items", path, postgres.namespace, [
      toItem(SHARED, name, postgres.namespace, items(postgres.admin)),
    ]),
  ];
}

/**
 * Objects that two files define, and files that two apps want. Argo CD would have two Applications
 * undo each other's object for ever, with no more than a SharedResourceWarning.
 */
export function findDuplicateObjects(files: readonly ManifestPlan[]): readonly string[] {
  const problems: string[] = [];
  const firstByName = new Map<string, string>();
  const claim = (name: string, path: string): void => {
    const first = firstByName.get(name);
    if (first === undefined) firstByName.set(name, path);
    else problems.push(`${name} is in ${first} and in ${path}`);
  };
  for (const file of files) {
    claim(`file ${file.path}`, file.path);
    claim(`resource ${file.logicalName}`, file.path);
    for (const { apiVersion, kind, metadata } of file.objects) {
      const group = apiVersion.split("/")[0] ?? "";
      claim(`${kind}.${group} ${metadata.namespace ?? ""}/${metadata.name}`, file.path);
    }
  }
  return problems;
}

function planApplicationFile(
  gitops: GitOpsSpec,
  app: AppSpec,
  sources: Filled<ApplicationSource>,
): ManifestPlan {
  return planFile(`${app.name}.application`, `argocd/apps/infra/${app.name}.yml`, [
    buildApplication({
      name: app.name,
      ...toCommonArgs(gitops, app.name, WAVES.appApplication),
      destinationNamespace: app.namespace,
      sources,
      holds: "workload",
    }),
  ]);
}

/** The admin credential in an app's namespace would hand that app every database of the server. */
function refuseAdminItem(spec: StackSpec, app: AppSpec, items: ItemIds): void {
  const admin = items(spec.postgres.admin);
  for (const secret of [...app.roles, ...app.secrets]) {
    const id = items(secret.item);
    if (id.vaultId === admin.vaultId && id.itemId === admin.itemId) {
      throw new BerthError(
        `app ${app.name}: Secret ${toSecretName(secret)} is made from the admin role's item`,
        { hint: "give the app an item of its own; the admin's stays in the database's namespace" },
      );
    }
  }
}

type Filled<T> = readonly [T, ...T[]];

function isFilled<T>(list: readonly T[]): list is Filled<T> {
  return list.length > 0;
}

function isOutside(spec: StackSpec): (role: RoleSpec) => boolean {
  return (role) => role.namespace !== spec.postgres.namespace;
}

function toSecretName(secret: RoleSpec | AppSpec["secrets"][number]): string {
  return "secretName" in secret ? secret.secretName : secret.name;
}

/** The admin item's title where it can name a Secret, as `postgres-admin` can. */
function toAdminSecretName(spec: StackSpec): string {
  const title = spec.postgres.admin.item;
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(title) ? title : "postgres-admin";
}

function toItem(partOf: string, name: string, namespace: string, item: ItemId): OnePasswordItem {
  return buildOnePasswordItem({
    name,
    namespace,
    item,
    labels: toLabels(partOf),
    annotations: toWaveAnnotation(WAVES.items),
  });
}

function toCommonArgs(
  gitops: GitOpsSpec,
  partOf: string,
  wave: Parameters<typeof toWaveAnnotation>[0],
) {
  return {
    argocdNamespace: gitops.argocdNamespace,
    project: gitops.project,
    labels: toLabels(partOf),
    annotations: toWaveAnnotation(wave),
  };
}

function toTreeSource(gitops: GitOpsSpec, path: string): ApplicationSource {
  return { repoURL: gitops.repoURL, targetRevision: gitops.targetRevision, path };
}

function planItemFile(
  logicalName: string,
  folder: string,
  namespace: string,
  objects: readonly OnePasswordItem[],
): ManifestPlan {
  return planFile(logicalName, `${folder}/00-onepassworditems-${namespace}.yaml`, objects);
}

function planFile(
  logicalName: string,
  path: string,
  objects: readonly KubernetesObject[],
): ManifestPlan {
  return { logicalName, path, content: formatYaml(objects), objects };
}

function groupByNamespace(
  items: readonly OnePasswordItem[],
): readonly (readonly [string, readonly OnePasswordItem[]])[] {
  const groups = Map.groupBy(items, (item) => item.metadata.namespace);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
