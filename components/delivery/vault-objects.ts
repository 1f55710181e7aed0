import { databaseCredentials, SHARED } from "../config/derive/names.ts";
import type { AppSpec, StackSpec } from "../config/spec.ts";
import { buildVaultAuth, type VaultAuth } from "../secrets/vault-auth.ts";
import { buildVaultConnection, type VaultConnection } from "../secrets/vault-connection.ts";
import {
  buildVaultDynamicSecret,
  type VaultDynamicSecret,
} from "../secrets/vault-dynamic-secret.ts";
import { buildVaultStaticSecret, type VaultStaticSecret } from "../secrets/vault-static-secret.ts";
import { toLabels, toWaveAnnotation, WAVES } from "./metadata.ts";

/** The connection that a stack makes for its apps, if any of them needs it. */
export function planVaultConnection({ secrets, apps }: StackSpec): VaultConnection | undefined {
  const { vault } = secrets;
  if (vault?.server === undefined || apps.every((app) => app.vault === undefined)) return undefined;
  const [namespace = "", name = ""] = vault.connection.split("/");
  return buildVaultConnection({
    name,
    namespace,
    ...vault.server,
    labels: toLabels(SHARED),
    annotations: toWaveAnnotation(WAVES.stores),
  });
}

/** An app's login to Vault, in each namespace where it has a Secret from Vault. */
export function planVaultAuths({ secrets }: StackSpec, app: AppSpec): readonly VaultAuth[] {
  const { vault } = secrets;
  if (vault === undefined || app.vault === undefined) return [];
  const { role, serviceAccount, namespaces } = app.vault;
  const { connection, authMount, audiences, namespace: vaultNamespace } = vault;
  return namespaces.map((namespace) =>
    buildVaultAuth({
      name: app.name,
      namespace,
      connection,
      mount: authMount,
      vaultNamespace,
      role,
      serviceAccount,
      audiences,
      labels: toLabels(app.name),
      annotations: toWaveAnnotation(WAVES.stores),
    }),
  );
}

/** An app's Secrets from Vault: the owner's login, and those of the KV engine. */
export function planVaultSecrets(
  { secrets }: StackSpec,
  app: AppSpec,
): readonly (VaultDynamicSecret | VaultStaticSecret)[] {
  const { vault } = secrets;
  if (vault === undefined || app.vault === undefined) return [];
  const { login, restart } = app.vault;
  const [owner] = app.roles;
  const toArgs = (namespace: string) => ({
    namespace,
    auth: app.name,
    // The operator restarts workloads only in the Secret's namespace.
    restart: namespace === app.namespace ? restart : [],
    labels: toLabels(app.name),
    annotations: toWaveAnnotation(WAVES.items),
  });
  return [
    ...(login === undefined
      ? []
      : [
          buildVaultDynamicSecret({
            ...toArgs(owner.namespace),
            ...login,
            name: owner.secretName,
            keys: owner.keys,
            path: databaseCredentials(login.role),
          }),
        ]),
    ...app.vault.secrets.map((secret) =>
      buildVaultStaticSecret({
        ...toArgs(secret.namespace),
        ...secret,
        refreshAfter: vault.refreshAfter,
      }),
    ),
  ];
}
