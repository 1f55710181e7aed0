import type { AppSpec, ItemRef, RoleSpec, StackSpec } from "../config/spec.ts";
import { BerthError } from "../errors.ts";
import {
  buildOnePasswordItem,
  type ItemId,
  type OnePasswordItem,
} from "../secrets/onepassword-item.ts";
import {
  type Application,
  type ApplicationSource,
  buildApplication,
} from "./argocd-application.ts";
import { toLabels, toWaveAnnotation, WAVES } from "./metadata.ts";

/** The objects of an app and of a stack, the same wherever they go: into files or to a cluster. */

/** Resolves an item of a stack file to its ids. */
export type ItemIds = (ref: ItemRef) => ItemId;

/** Where Applications live and what AppProject they are of. */
export interface ArgoCdSpec {
  readonly argocdNamespace: string;
  readonly project: string;
}

/** Part-of label of what the apps of a stack share. */
export const SHARED = "shared";

/** What brings an app's Secrets to their namespaces. */
export interface AppSecrets {
  /** Each role's credential, next to the database, for whoever administers it there. */
  readonly database: readonly OnePasswordItem[];
  /** What the app itself reads. */
  readonly own: readonly OnePasswordItem[];
}

/** Plans an app's Secrets; those in the database's namespace come once. */
export function planAppSecrets(spec: StackSpec, app: AppSpec, items: ItemIds): AppSecrets {
  refuseAdminItem(spec, app, items);
  const { namespace } = spec.postgres;
  const outside = app.roles.filter((role) => role.namespace !== namespace);
  return {
    database: app.roles.map((role) =>
      toItem(app.name, role.secretName, namespace, items(role.item)),
    ),
    own: [...outside, ...app.secrets].map((secret) =>
      toItem(app.name, toSecretName(secret), secret.namespace, items(secret.item)),
    ),
  };
}

/** The admin role's Secret, in the database's namespace and nowhere else. */
export function planAdminSecret(spec: StackSpec, items: ItemIds): OnePasswordItem {
  const { admin, namespace } = spec.postgres;
  return toItem(SHARED, toAdminSecretName(spec), namespace, items(admin));
}

/** The Application that starts an app; undefined where it has nothing to start. */
export function planApplication(
  argocd: ArgoCdSpec,
  app: AppSpec,
  sources: readonly ApplicationSource[],
): Application | undefined {
  const [first, ...rest] = sources;
  if (first === undefined) return undefined;
  return buildApplication({
    name: app.name,
    ...toCommonArgs(argocd, app.name, WAVES.appApplication),
    destinationNamespace: app.namespace,
    sources: [first, ...rest],
    holds: "workload",
  });
}

/** What every Application of Berth's has. */
export function toCommonArgs(
  { argocdNamespace, project }: ArgoCdSpec,
  partOf: string,
  wave: Parameters<typeof toWaveAnnotation>[0],
) {
  return {
    argocdNamespace,
    project,
    labels: toLabels(partOf),
    annotations: toWaveAnnotation(wave),
  };
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
