import { createHash } from "node:crypto";
import { SHARED, storeName } from "../config/derive/names.ts";
import { hasItem, usesItem } from "../config/logins.ts";
import type { ConnectSpec, StoreSpec } from "../config/spec/secrets.ts";
import type { AppSpec, StackSpec } from "../config/spec.ts";
import { firstByKey } from "../once-each.ts";
import type { NamespacedObject } from "../secrets/object-metadata.ts";
import { buildReaders } from "../secrets/readers.ts";
import { buildClusterSecretStore, buildSecretStore } from "../secrets/secret-store.ts";
import { byKey } from "../sort.ts";
import { toMetadata, WAVES } from "./metadata.ts";
import type { KubernetesObject } from "./yaml.ts";

/** Each vault has its own store: in one with several, External Secrets takes the first item of a title. */
export function storeNameOf(name: string, vault: string, main: string): string {
  if (vault === main) return name;
  const plain = vault.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const part = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(vault)
    ? vault
    : `${plain}-${createHash("sha256").update(vault).digest("hex").slice(0, 6)}`;
  return `${name}-${part}`.replaceAll(/--+/g, "-");
}

/** A ClusterSecretStore of each vault, or the SecretStore in the database's namespace; none = Berth makes none. */
export function planSharedStores(spec: StackSpec): readonly KubernetesObject[] {
  const { store, through } = spec.secrets;
  const apps = spec.apps.filter(usesExternalSecrets);
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

/** The SecretStores in an app's namespaces. If apps share a namespace, the first of them by name gets its store. */
export function planAppStores(spec: StackSpec, app: AppSpec): readonly NamespacedObject[] {
  const { store } = spec.secrets;
  if (store?.kind !== "SecretStore" || store.connect === undefined) return [];
  const { connect } = store;
  const first = firstByUse(spec.apps);
  return [...new Map(listUses(app).map((use) => [toText(use), use]))]
    .filter(([key, use]) => use.namespace !== spec.postgres.namespace && first.get(key) === app)
    .toSorted(byKey)
    .map(([, { namespace, vault }]) =>
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
export function planReaders(spec: StackSpec, app: AppSpec): readonly NamespacedObject[] {
  const groups = spec.secrets.store?.readers ?? [];
  if (groups.length === 0) return [];
  const first = firstByNamespace(spec.apps);
  return unique(listUses(app).map(({ namespace }) => namespace))
    .filter((namespace) => namespace !== spec.postgres.namespace && first.get(namespace) === app)
    .toSorted()
    .flatMap((namespace) =>
      buildReaders({
        name: `${storeName(spec.stack)}-reader`,
        namespace,
        groups,
        ...toMetadata(app.name, WAVES.stores),
      }),
    );
}

/** A vault that is read for a namespace. */
interface Use {
  readonly namespace: string;
  readonly vault: string;
}

function toText({ namespace, vault }: Use): string {
  return `${namespace} ${vault}`;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

const firstByUse = firstByKey((app: AppSpec) => listUses(app).map(toText));
const firstByNamespace = firstByKey((app: AppSpec) =>
  listUses(app).map(({ namespace }) => namespace),
);

function usesExternalSecrets({ secretsThrough }: AppSpec): boolean {
  return secretsThrough === "external-secret";
}

function listUses(app: AppSpec): readonly Use[] {
  if (!usesExternalSecrets(app)) return [];
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
    ...toMetadata(partOf, WAVES.stores),
  };
}
