import type { MetadataSpec } from "../../config/spec/argocd.ts";
import type { GitOpsSpec } from "../../config/spec/delivery.ts";
import type { AppSpec, StackSpec } from "../../config/spec.ts";
import type { Problem } from "../../errors.ts";
import { byKey } from "../../sort.ts";
import {
  type AppSecrets,
  type ItemIds,
  planAdminSecret,
  planAppSecrets,
  planJob,
  planSharedAccess,
} from "../app-objects.ts";
import { planCertificateJob } from "../certificates/job.ts";
import { planConnect } from "../connect.ts";
import { addMetadata, withoutArgoCd } from "../metadata.ts";
import { planProjects } from "../projects.ts";
import type { KubernetesObject } from "../yaml.ts";
import { planAppApplications, planSharedApplications } from "./applications.ts";
import { planAppKustomizations, planNamespaces, planSharedKustomizations } from "./flux.ts";
import { appFolders } from "./folders.ts";
import { type ManifestPlan, planFile } from "./manifest-plan.ts";

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
 * With Flux, `flux/apps` has Kustomizations in place of `argocd/apps`, and the namespaces are among the items, because
 * Flux makes none. With neither there are only the items.
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
  const runner = gitops.workloads === "flux" ? "flux" : "argocd";
  const job = planJob(spec, app, runner);
  const certificate = planCertificateJob({ ...spec, app }, runner);
  const folders = appFolders(app);
  const namespaces = gitops.workloads === "flux" ? planNamespaces(spec, app) : [];
  const starters = appStarters[gitops.workloads](spec, gitops, app, {
    database: [...secrets.database, ...job, ...certificate.source],
    own: [...namespaces, ...secrets.own, ...certificate.own],
    items,
  });
  return [
    ...starters.database,
    ...planFolder(folders.database, secrets.database, () => `${app.name}.db-items`),
    ...planList(`${app.name}.job`, `${folders.database}/10-job.yaml`, job),
    ...planList(
      `${app.name}.certificate-source`,
      `${folders.database}/10-certificate-source.yaml`,
      certificate.source,
    ),
    ...starters.own,
    ...planList(`${app.name}.namespaces`, `${folders.own}/00-namespaces.yaml`, namespaces),
    ...planFolder(folders.own, secrets.own, (kind, namespace) =>
      // The same logical name for both operators.
      ["OnePasswordItem", "ExternalSecret"].includes(kind)
        ? `${app.name}.items.${namespace}`
        : `${app.name}.${kind.toLowerCase()}s.${namespace}`,
    ),
    ...planList(`${app.name}.certificate`, `${folders.own}/10-certificate.yaml`, certificate.own),
  ].map((file) => adapt(file, gitops, app.metadata));
}

/**
 * The files for all apps of the stack: the admin role's item, in the database's namespace only, and the
 * store and VaultConnection that Berth makes. A ClusterSecretStore has no namespace; the AppProject must
 * allow it. They are not in the apps' folders, because two Applications must not own one object.
 */
export function planSharedManifests(spec: StackSpec, items: ItemIds): readonly ManifestPlan[] {
  const { gitops } = spec;
  if (gitops === undefined) return [];
  const secret = planAdminSecret(spec, items);
  const { name } = secret.metadata;
  const path = `k8s/db-provisioning/${name}`;
  const connect = planConnect(spec);
  const access = planSharedAccess(spec);
  const objects = [secret, ...connect, ...access];
  return [
    ...sharedStarters[gitops.workloads](spec, gitops, { name, path, objects }),
    ...planProjects(spec, gitops, items).map((project) => {
      const { name } = project.metadata;
      return planFile(`shared.project.${name}`, `argocd/apps/projects/${name}.yml`, [project]);
    }),
    ...planFolder(path, [secret], () => "shared.admin-items"),
    ...planList("shared.connect", `${path}/00-connect.yaml`, connect),
    ...access.map((object) => {
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
  ].map((file) => adapt(file, gitops, spec.metadata));
}

/** What is defined twice: two Applications would undo each other's object for ever, and only warn of it. */
export function findDuplicateObjects(
  files: readonly ManifestPlan[],
  applied: readonly KubernetesObject[] = [],
): readonly Problem[] {
  const problems: Problem[] = [];
  const firstByName = new Map<string, string>();
  const claim = (name: string, path: string): void => {
    const first = firstByName.get(name);
    if (first === undefined) firstByName.set(name, path);
    else problems.push({ what: `${name} is in ${first} and in ${path}` });
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

/** What applies an app's folders and starts its workload. */
const appStarters = {
  argocd: planAppApplications,
  flux: planAppKustomizations,
  none: () => ({ database: [], own: [] }),
} as const;

/** What applies what the apps share. */
const sharedStarters = {
  argocd: planSharedApplications,
  flux: planSharedKustomizations,
  none: () => [],
} as const;

/** The file with the labels and annotations of the stack file, and Argo CD's only for Argo CD. */
function adapt(
  file: ManifestPlan,
  { workloads }: GitOpsSpec,
  settings: MetadataSpec,
): ManifestPlan {
  const objects = file.objects
    .map((object) => (workloads === "argocd" ? object : withoutArgoCd(object)))
    .map((object) => addMetadata(object, settings));
  return objects.every((object, index) => object === file.objects[index])
    ? file
    : planFile(file.logicalName, file.path, objects);
}

/** One file for objects, if there are any. */
function planList(
  name: string,
  path: string,
  objects: readonly KubernetesObject[],
): readonly ManifestPlan[] {
  return objects.length === 0 ? [] : [planFile(name, path, objects)];
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
  return [...groups].toSorted(byKey).flatMap(([name, group]) => {
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
