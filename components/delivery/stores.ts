import { hasItem } from "../config/logins.ts";
import type { AppSpec, StackSpec } from "../config/spec.ts";
import type { ConnectSpec, StoreSpec } from "../config/spec-secrets.ts";
import {
  buildClusterSecretStore,
  buildSecretStore,
  type ClusterSecretStore,
  type SecretStore,
} from "../secrets/secret-store.ts";
import { SHARED, toLabels, toWaveAnnotation, WAVES } from "./metadata.ts";

/**
 * The store that several apps use: the ClusterSecretStore, or the SecretStore in the database's namespace.
 * undefined = Berth makes none.
 */
export function planSharedStore(spec: StackSpec): ClusterSecretStore | SecretStore | undefined {
  const { store, through } = spec.secrets;
  const apps = listUsers(spec);
  if (store?.connect === undefined) return undefined;
  if (through !== "external-secret" && apps.length === 0) return undefined;
  const { namespace } = spec.postgres;
  const common = toCommonArgs(spec, store, store.connect, SHARED);
  const { token, tokenNamespace } = store.connect;
  if (store.kind === "SecretStore") return buildSecretStore({ ...common, namespace, token });
  if (tokenNamespace === undefined) throw new Error("the rules passed a store without a token");
  return buildClusterSecretStore({
    ...common,
    token: { ...token, namespace: tokenNamespace },
    namespaces: [namespace, ...apps.flatMap(listNamespaces)],
  });
}

/**
 * The SecretStores in an app's namespaces. If apps share a namespace, the first of them by name gets its
 * store, because two Applications must not own one object.
 */
export function planAppStores(spec: StackSpec, app: AppSpec): readonly SecretStore[] {
  const { store } = spec.secrets;
  if (store?.kind !== "SecretStore" || store.connect === undefined) return [];
  const common = toCommonArgs(spec, store, store.connect, app.name);
  const { token } = store.connect;
  return [...new Set(listNamespaces(app))]
    .filter((namespace) => namespace !== spec.postgres.namespace)
    .filter(
      (namespace) => app === listUsers(spec).find((it) => listNamespaces(it).includes(namespace)),
    )
    .toSorted()
    .map((namespace) => buildSecretStore({ ...common, namespace, token }));
}

function listUsers({ apps }: StackSpec): readonly AppSpec[] {
  return apps.filter((app) => app.secretsThrough === "external-secret");
}

function listNamespaces(app: AppSpec): readonly string[] {
  return [...app.roles.filter(hasItem), ...app.secrets].map(({ namespace }) => namespace);
}

function toCommonArgs(
  { vault }: StackSpec,
  { name }: StoreSpec,
  { host }: ConnectSpec,
  partOf: string,
) {
  return {
    name,
    connectHost: host,
    vault,
    labels: toLabels(partOf),
    annotations: toWaveAnnotation(WAVES.stores),
  };
}
