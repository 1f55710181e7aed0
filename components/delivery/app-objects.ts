import { hasItem } from "../config/logins.ts";
import type { AppSpec, ItemRef, RoleSpec, StackSpec } from "../config/spec.ts";
import type { SecretsThrough } from "../config/spec-secrets.ts";
import { BerthError } from "../errors.ts";
import { buildExternalSecret, type ExternalSecret } from "../secrets/external-secret.ts";
import {
  buildOnePasswordItem,
  type ItemId,
  type OnePasswordItem,
} from "../secrets/onepassword-item.ts";
import type { ClusterSecretStore, SecretStore } from "../secrets/secret-store.ts";
import type { VaultAuth } from "../secrets/vault-auth.ts";
import type { VaultConnection } from "../secrets/vault-connection.ts";
import type { VaultDynamicSecret } from "../secrets/vault-dynamic-secret.ts";
import type { VaultStaticSecret } from "../secrets/vault-static-secret.ts";
import {
  type Application,
  type ApplicationSource,
  buildApplication,
} from "./argocd/application.ts";
import { SHARED, toLabels, toWaveAnnotation, WAVES } from "./metadata.ts";
import { type JobRunner, planProvisioning } from "./provisioning-job.ts";
import { planAppStores, planSharedStore } from "./stores.ts";
import { planVaultAuths, planVaultConnection, planVaultSecrets } from "./vault-objects.ts";
import type { KubernetesObject } from "./yaml.ts";

/** The objects of an app and of a stack, the same wherever they go: into files or to a cluster. */

/** Resolves an item of a stack file to its ids. */
export type ItemIds = (ref: ItemRef) => ItemId;

/** Where Applications live and what AppProject they are of. */
export interface ArgoCdSpec {
  readonly argocdNamespace: string;
  readonly project: string;
}

/** What a Secret is made of, by whichever operator. */
export type SecretManifest =
  | OnePasswordItem
  | ExternalSecret
  | VaultDynamicSecret
  | VaultStaticSecret;

/** What lets an operator read the values of Secrets in a namespace. */
export type AccessManifest = SecretStore | VaultAuth;

/** What brings an app's Secrets to their namespaces. */
export interface AppSecrets {
  /** Each role's credential, next to the database, for whoever administers it there. */
  readonly database: readonly SecretManifest[];
  /** What the app itself reads, after what it takes to read it. */
  readonly own: readonly (AccessManifest | SecretManifest)[];
}

/** Plans an app's Secrets; those in the database's namespace come once. */
export function planAppSecrets(spec: StackSpec, app: AppSpec, items: ItemIds): AppSecrets {
  refuseAdminItem(spec, app, items);
  const { namespace } = spec.postgres;
  const build = (secret: WantedSecret): SecretManifest =>
    buildSecret(spec, { through: app.secretsThrough, partOf: app.name, items }, secret);
  const roles = app.roles
    .filter(hasItem)
    .map((role) => ({ ...role, name: role.secretName, fields: login }));
  return {
    database: roles.map((role) => build({ ...role, namespace })),
    own: [
      ...planAppStores(spec, app),
      ...planVaultAuths(spec, app),
      ...[...roles.filter((role) => role.namespace !== namespace), ...app.secrets].map(build),
      ...planVaultSecrets(spec, app),
    ],
  };
}

/** What the apps' operators share, for stacks that make it. */
export function planSharedAccess(
  spec: StackSpec,
): readonly (ClusterSecretStore | SecretStore | VaultConnection)[] {
  return [planSharedStore(spec), planVaultConnection(spec)].filter((one) => one !== undefined);
}

/** The admin role's Secret, in the database's namespace and nowhere else. */
export function planAdminSecret(spec: StackSpec, items: ItemIds): SecretManifest {
  const { admin, namespace } = spec.postgres;
  const { through } = spec.secrets;
  const wanted = { name: toAdminSecretName(spec), namespace, item: admin, fields: login };
  return buildSecret(spec, { through, partOf: SHARED, items }, wanted);
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
  for (const secret of [...app.roles.filter(hasItem), ...app.secrets]) {
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

/** What provisions an app from inside the cluster; empty where Berth does it from here. */
export function planJob(
  spec: StackSpec,
  app: AppSpec,
  runner: JobRunner,
): readonly KubernetesObject[] {
  if (app.provisioner !== "job") return [];
  return planProvisioning(spec.postgres, app, { adminSecret: toAdminSecretName(spec), runner });
}

/** The admin item's title where it can name a Secret, as `postgres-admin` can. */
function toAdminSecretName(spec: StackSpec): string {
  const title = spec.postgres.admin.item;
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(title) ? title : "postgres-admin";
}

/** What a role's item brings to the pods, and nothing else that is in it. */
const login = ["username", "password"];

interface WantedSecret {
  readonly name: string;
  readonly namespace: string;
  readonly item: ItemRef;
  /** For External Secrets; the 1Password operator brings all of an item. */
  readonly fields: readonly string[];
}

function buildSecret(
  { secrets }: StackSpec,
  by: { readonly through: SecretsThrough; readonly partOf: string; readonly items: ItemIds },
  { name, namespace, item, fields }: WantedSecret,
): SecretManifest {
  const labels = toLabels(by.partOf);
  const annotations = toWaveAnnotation(WAVES.items);
  const common = { name, namespace, labels, annotations };
  switch (by.through) {
    case "onepassword-item":
      return buildOnePasswordItem({ ...common, item: by.items(item) });
    case "external-secret": {
      const { store, refreshInterval } = secrets;
      if (store === undefined) throw new Error("a stack without a store got past its rules");
      const storeRef = { kind: store.kind, name: store.name };
      return buildExternalSecret({
        ...common,
        title: item.item,
        fields,
        store: storeRef,
        refreshInterval,
      });
    }
  }
}
