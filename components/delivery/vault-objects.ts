import { databaseCredentials, SHARED } from "../config/derive/names.ts";
import type { AppSpec, StackSpec } from "../config/spec.ts";
import type { NamespacedObject } from "../secrets/object-metadata.ts";
import { buildVaultAuth } from "../secrets/vault-auth.ts";
import { buildVaultConnection } from "../secrets/vault-connection.ts";
import { buildVaultDynamicSecret } from "../secrets/vault-dynamic-secret.ts";
import { buildVaultStaticSecret } from "../secrets/vault-static-secret.ts";
import { whenGiven } from "../when.ts";
import { toMetadata, WAVES } from "./metadata.ts";

/** The connection that a stack makes for its apps, if any of them needs it. */
export function planVaultConnection({ secrets, apps }: StackSpec): NamespacedObject | undefined {
  const { vault } = secrets;
  if (vault?.server === undefined || apps.every((app) => app.vault === undefined)) return undefined;
  const [namespace = "", name = ""] = vault.connection.split("/");
  return buildVaultConnection(
    { name, namespace, ...toMetadata(SHARED, WAVES.stores) },
    vault.server,
  );
}

/** An app's login to Vault, in each namespace where it has a Secret from Vault. */
export function planVaultAuths({ secrets }: StackSpec, app: AppSpec): readonly NamespacedObject[] {
  const { name, vault } = app;
  const { vault: server } = secrets;
  if (server === undefined || vault === undefined) return [];
  return vault.namespaces.map((namespace) =>
    buildVaultAuth({ name, namespace, ...toMetadata(name, WAVES.stores) }, server, vault),
  );
}

/** An app's Secrets from Vault: the owner's login, and those of the KV engine. */
export function planVaultSecrets(
  { secrets }: StackSpec,
  app: AppSpec,
): readonly NamespacedObject[] {
  const { vault } = secrets;
  if (vault === undefined || app.vault === undefined) return [];
  const { login, restart } = app.vault;
  const [owner] = app.roles;
  const toArgs = (namespace: string) => ({
    namespace,
    auth: app.name,
    // The operator restarts workloads only in the Secret's namespace.
    restart: namespace === app.namespace ? restart : [],
    ...toMetadata(app.name, WAVES.items),
  });
  return [
    ...whenGiven(login, (one) =>
      buildVaultDynamicSecret({
        ...toArgs(owner.namespace),
        ...one,
        name: owner.secretName,
        keys: owner.keys,
        path: databaseCredentials(one.role),
      }),
    ),
    ...app.vault.secrets.map((secret) =>
      buildVaultStaticSecret({
        ...toArgs(secret.namespace),
        ...secret,
        refreshAfter: vault.refreshAfter,
      }),
    ),
  ];
}
