import { createHash } from "node:crypto";
import { SHARED, storeName } from "../config/derive/names.ts";
import { hasItem, usesItem } from "../config/logins.ts";
import type { ConnectSpec, StoreSpec } from "../config/spec/secrets.ts";
import type { AppSpec, StackSpec } from "../config/spec.ts";
import { buildReaders, type Role, type RoleBinding } from "../secrets/readers.ts";
import {
  buildClusterSecretStore,
  buildSecretStore,
  type ClusterSecretStore,
  type SecretStore,
} from "../secrets/secret-store.ts";
import { toLabels, toWaveAnnotation, WAVES } from "./metadata.ts";

/**
 * The name of the store for a vault. External Secrets looks for a title in all vaults of a store and takes the first,
 * so each vault has a store of its own.
 */
export function storeNameOf(name: string, vault: string, main: string): string {
  if (vault === main) return name;
  const plain = vault.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const part = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(vault)
    ? vault
    : `${plain}-${createHash("sha256").update(vault).digest("hex").slice(0, 6)}`;
  return `${name}-${part}`.replaceAll(/--+/g, "-");
}

/**
 * The stores that several apps use: a ClusterSecretStore of each vault, or the SecretStore in the database's
 * namespace. None = Berth makes none.
 */
export function planSharedStores(spec: StackSpec): readonly (ClusterSecretStore | SecretStore)[] {
  const { store, through } = spec.secrets;
  const apps = listUsers(spec);
  if (store?.connect === undefined) return [];
  if (through !== "external-secret" && apps.length === 0) return [];
  const { namespace } = spec.postgres;
  const { connect } = store;
  const { token, tokenNamespace } = connect;
  const uses = apps.flatMap(listUses);
  // Credentials are in the database's namespace as well.
  const logins = apps.flatMap((app) => app.roles.filter(hasItem).map(({ item }) => item.vault));
  const toArgs = (vault: string) => toCommonArgs(spec, store, connect, { vault, partOf: SHARED });
  if (store.kind === "SecretStore") {
    return unique([spec.vault, ...logins]).map((vault) =>
      buildSecretStore({ ...toArgs(vault), namespace, token }),
    );
  }
  if (tokenNamespace === undefined) throw new Error("the rules passed a store without a token");
  return unique([spec.vault, ...logins, ...uses.map(({ vault }) => vault)]).map((vault) =>
    buildClusterSecretStore({
      ...toArgs(vault),
      token: { ...token, namespace: tokenNamespace },
      namespaces: [
        namespace,
        ...uses.filter((use) => use.vault === vault).map((use) => use.namespace),
      ],
    }),
  );
}

/**
 * The SecretStores in an app's namespaces. If apps share a namespace, the first of them by name gets its
 * store, because two Applications must not own one object.
 */
export function planAppStores(spec: StackSpec, app: AppSpec): readonly SecretStore[] {
  const { store } = spec.secrets;
  if (store?.kind !== "SecretStore" || store.connect === undefined) return [];
  const { connect } = store;
  const isSame = (one: Use) => (other: Use) =>
    one.namespace === other.namespace && one.vault === other.vault;
  const uses = listUses(app)
    .filter(({ namespace }) => namespace !== spec.postgres.namespace)
    .filter((use) => app === listUsers(spec).find((one) => listUses(one).some(isSame(use))));
  return uses
    .filter((use, index) => uses.findIndex(isSame(use)) === index)
    .toSorted((a, b) => (toSortKey(a) < toSortKey(b) ? -1 : 1))
    .map(({ namespace, vault }) =>
      buildSecretStore({
        ...toCommonArgs(spec, store, connect, { vault, partOf: app.name }),
        namespace,
        token: connect.token,
      }),
    );
}

/**
 * The right of groups to read the state of External Secrets' objects in an app's namespaces, and no Secret. As with the
 * stores, the first app in a namespace has it.
 */
export function planReaders(spec: StackSpec, app: AppSpec): readonly (Role | RoleBinding)[] {
  const groups = spec.secrets.store?.readers ?? [];
  if (groups.length === 0) return [];
  const first = (namespace: string) =>
    listUsers(spec).find((one) => listUses(one).some((use) => use.namespace === namespace));
  return unique(listUses(app).map(({ namespace }) => namespace))
    .filter((namespace) => namespace !== spec.postgres.namespace && first(namespace) === app)
    .toSorted()
    .flatMap((namespace) =>
      buildReaders({
        name: `${storeName(spec.stack)}-reader`,
        namespace,
        groups,
        labels: toLabels(app.name),
        annotations: toWaveAnnotation(WAVES.stores),
      }),
    );
}

/** A vault that is read for a namespace. */
interface Use {
  readonly namespace: string;
  readonly vault: string;
}

function toSortKey({ namespace, vault }: Use): string {
  return `${namespace} ${vault}`;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

function listUsers({ apps }: StackSpec): readonly AppSpec[] {
  return apps.filter((app) => app.secretsThrough === "external-secret");
}

function listUses(app: AppSpec): readonly Use[] {
  return [
    ...app.roles.filter(hasItem).map(({ namespace, item }) => ({ namespace, vault: item.vault })),
    ...app.secrets.flatMap((secret) =>
      [...(usesItem(secret) ? [secret.item] : []), ...secret.keys.map(({ item }) => item)].map(
        ({ vault }) => ({ namespace: secret.namespace, vault }),
      ),
    ),
  ];
}

function toCommonArgs(
  { vault: main }: StackSpec,
  { name }: StoreSpec,
  { host }: ConnectSpec,
  { vault, partOf }: { readonly vault: string; readonly partOf: string },
) {
  return {
    name: storeNameOf(name, vault, main),
    connectHost: host,
    vault,
    labels: toLabels(partOf),
    annotations: toWaveAnnotation(WAVES.stores),
  };
}
