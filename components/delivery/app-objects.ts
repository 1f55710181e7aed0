import { SHARED } from "../config/derive/names.ts";
import type { SecretKey } from "../config/keys/template.ts";
import { hasItem, usesItem } from "../config/logins.ts";
import type { ApplicationSettings } from "../config/spec/argocd.ts";
import type { ArgoCdSpec } from "../config/spec/delivery.ts";
import type { ItemRef } from "../config/spec/item.ts";
import type { NamedField, SecretSpec, SecretsThrough } from "../config/spec/secrets.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../config/spec.ts";
import { BerthError } from "../errors.ts";
import { buildExternalSecret } from "../secrets/external-secret.ts";
import type { NamespacedObject } from "../secrets/object-metadata.ts";
import { buildOnePasswordItem, type ItemIds } from "../secrets/onepassword-item.ts";
import { type ApplicationSource, buildApplication } from "./argocd/application.ts";
import { planCa } from "./certificates/ca.ts";
import { toIgnoredKey } from "./certificates/job.ts";
import { planProvisioning } from "./jobs/provisioning.ts";
import type { JobRunner } from "./jobs/script.ts";
import { toMetadata, WAVES } from "./metadata.ts";
import { planAppStores, planReaders, planSharedStores, storeNameOf } from "./stores.ts";
import { planVaultAuths, planVaultConnection, planVaultSecrets } from "./vault-objects.ts";
import type { KubernetesObject } from "./yaml.ts";

export type { ItemIds };

export interface AppSecrets {
  /** Each role's credential, in the database's namespace, for administrators and Jobs there. */
  readonly database: readonly NamespacedObject[];
  /** Secrets for the app itself; what gives access to their values comes first, and what is not secret last. */
  readonly own: readonly NamespacedObject[];
}

/** Plans an app's Secrets. A role in the database's namespace has one Secret, not two. */
export function planAppSecrets(spec: StackSpec, app: AppSpec, items: ItemIds): AppSecrets {
  refuseAdminItem(spec, app, items);
  const { namespace } = spec.postgres;
  const build = (secret: WantedSecret) =>
    buildSecret(spec, { through: app.secretsThrough, partOf: app.name, items }, secret);
  const roles = app.roles.filter(hasItem).map(toWantedLogin);
  return {
    database: roles.map((role) => build({ ...role, namespace })),
    own: [
      ...planAppStores(spec, app),
      ...planReaders(spec, app),
      ...planVaultAuths(spec, app),
      ...[
        ...roles.filter((role) => role.namespace !== namespace),
        ...app.secrets.map(toWantedSecret),
      ].map(build),
      ...planVaultSecrets(spec, app),
      ...planConfigMap(spec, app),
      ...planCa(spec, app),
    ],
  };
}

/** Where the database is, in the words of libpq, for an app without values. */
function planConfigMap({ postgres: { service } }: StackSpec, app: AppSpec) {
  const { workload, namespace, database } = app;
  if (workload?.kind !== "git" || workload.configMap === undefined) return [];
  const [{ name: role, logins }] = app.roles;
  return [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: workload.configMap, namespace, ...toMetadata(app.name, WAVES.items) },
      data: {
        PGHOST: service.host,
        PGPORT: String(service.port),
        PGDATABASE: database.name,
        // With several logins the Secret says which one is in use.
        ...(logins === undefined ? { PGUSER: role } : {}),
      },
    },
  ];
}

/** The store and the VaultConnection that all apps use, if Berth makes them. */
export function planSharedAccess(spec: StackSpec): readonly KubernetesObject[] {
  return [...planSharedStores(spec), planVaultConnection(spec)].filter((one) => one !== undefined);
}

/** The admin role's Secret, in the database's namespace only. */
export function planAdminSecret(spec: StackSpec, items: ItemIds): NamespacedObject {
  const { admin, namespace } = spec.postgres;
  const { through } = spec.secrets;
  const wanted = { name: adminSecretName(spec), namespace, item: admin, fields: login };
  return buildSecret(spec, { through, partOf: SHARED, items }, wanted);
}

/** The Application that starts an app; undefined = there is nothing to start. */
export function planApplication(
  argocd: ArgoCdSpec,
  app: AppSpec,
  sources: readonly ApplicationSource[],
): KubernetesObject | undefined {
  const [first, ...rest] = sources;
  if (first === undefined) return undefined;
  return buildApplication({
    name: app.argocd.application,
    argocdNamespace: argocd.argocdNamespace,
    project: app.argocd.project ?? argocd.project,
    ...toMetadata(app.name, WAVES.appApplication),
    destinationNamespace: app.namespace,
    sources: [first, ...rest],
    holds: "workload",
    settings: withIgnoredKey(app),
  });
}

/** With the key that a Job writes into a Secret which may be in Git: a sync of Argo CD would undo it. */
function withIgnoredKey(app: AppSpec): ApplicationSettings {
  const ignored = toIgnoredKey(app);
  if (ignored.length === 0) return app.argocd;
  const { ignoreDifferences, syncPolicy } = app.argocd;
  const option = "RespectIgnoreDifferences=";
  const isSet = syncPolicy.syncOptions.some((one) => one.startsWith(option));
  const syncOptions = [...syncPolicy.syncOptions, ...(isSet ? [] : [`${option}true`])];
  return {
    ...app.argocd,
    ignoreDifferences: [...ignoreDifferences, ...ignored],
    syncPolicy: { ...syncPolicy, syncOptions },
  };
}

/** With the admin credential in its namespace an app could read every database of the server. */
function refuseAdminItem(spec: StackSpec, app: AppSpec, items: ItemIds): void {
  const admin = items(spec.postgres.admin);
  const used = [
    ...app.roles.filter(hasItem).map(({ secretName, item }) => ({ name: secretName, item })),
    ...app.secrets.filter(usesItem),
    ...app.secrets.flatMap(({ name, keys }) => keys.map(({ item }) => ({ name, item }))),
  ];
  for (const { name, item } of used) {
    const id = items(item);
    if (id.vaultId === admin.vaultId && id.itemId === admin.itemId) {
      throw new BerthError(
        `app ${app.name}: Secret ${name} is from the admin role's item, which may only be in the database's namespace`,
        { hint: "make an item for the app, and name it in the stack file" },
      );
    }
  }
}

/** Objects of the Job that provisions an app; empty if Berth provisions it itself. */
export function planJob(
  spec: StackSpec,
  app: AppSpec,
  runner: JobRunner,
): readonly KubernetesObject[] {
  if (app.provisioner !== "job") return [];
  return planProvisioning(spec.postgres, app, { adminSecret: adminSecretName(spec), runner });
}

/** Name of the admin's Secret: the item's title if it is a valid name of a Secret, else `postgres-admin`. */
export function adminSecretName(spec: StackSpec): string {
  const title = spec.postgres.admin.item;
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(title) ? title : "postgres-admin";
}

/** Fields of the admin's item. */
const login = ["username", "password"];

interface WantedSecret
  extends Pick<SecretSpec, "name" | "namespace" | "item">,
    Partial<Pick<SecretSpec, "find" | "settings">> {
  /** For External Secrets; the 1Password operator copies all fields. */
  readonly fields: readonly string[];
  readonly named?: readonly NamedField[];
  /** Keys made from a login; the 1Password operator makes none, so they are fields of the item. */
  readonly keys?: readonly SecretKey[];
  /** For the 1Password operator. */
  readonly autoRestart?: boolean;
}

/** The login under the keys `username` and `password`, whatever the item calls them. */
function toWantedLogin(role: RoleSpec): WantedSecret {
  const { secretName: name, namespace, item, fields, keys, settings, autoRestart } = role;
  const named = [
    ...(fields.username === undefined ? [] : [{ key: "username", item, field: fields.username }]),
    { key: "password", item, field: fields.password },
  ];
  const fixed = fields.username === undefined ? [{ name: "username", parts: [role.name] }] : [];
  const all = [...fixed, ...keys];
  return { name, namespace, item, fields: [], named, keys: all, settings, autoRestart };
}

function toWantedSecret({ keys, files, ...secret }: SecretSpec): WantedSecret {
  const { item } = secret;
  const attached = files.map((name) => ({ key: name, item, field: name, isFile: true }));
  return { ...secret, named: [...attached, ...keys] };
}

function buildSecret(
  { secrets, vault }: StackSpec,
  by: { readonly through: SecretsThrough; readonly partOf: string; readonly items: ItemIds },
  { name, namespace, item, named = [], settings, autoRestart = false, ...wanted }: WantedSecret,
): NamespacedObject {
  const common = { name, namespace, ...toMetadata(by.partOf, WAVES.items) };
  switch (by.through) {
    case "onepassword-item":
      return buildOnePasswordItem({
        ...common,
        item: by.items(item),
        type: settings?.type,
        autoRestart,
      });
    case "external-secret": {
      const { store, refreshInterval } = secrets;
      if (store === undefined) throw new Error("the rules passed a stack without a store");
      const storeOf = (ref: ItemRef) => ({
        kind: store.kind,
        name: storeNameOf(store.name, ref.vault, vault),
      });
      return buildExternalSecret({
        ...common,
        ...wanted,
        title: item.item,
        refreshInterval,
        store: storeOf(item),
        settings: settings ?? {},
        named: named.map(({ key, item: other, field, isFile }) => ({
          key,
          title: other.item,
          field,
          isFile,
          store: other.vault === item.vault ? undefined : storeOf(other),
        })),
      });
    }
  }
}
