import { byKey, sortUnique } from "../../sort.ts";
import type { AppEntry, StackConfig } from "../schema/stack.ts";
import type { PostgresSpec } from "../spec/postgres.ts";
import type { VaultSpec } from "../spec/secrets.ts";
import type {
  AppVaultSpec,
  RestartTarget,
  VaultLoginSpec,
  VaultSecretSpec,
} from "../spec/vault.ts";
import type { VaultAppCiSpec, VaultAuthRoleSpec, VaultValueRecipe } from "../spec/vault-inside.ts";
import { opsName, storeName, vaultAccountRole, vaultPath } from "./names.ts";
import { toServiceAccount, toVaultInsideSpec } from "./vault-inside.ts";

/** The Vault server of a stack, with defaults filled in; undefined = the stack file names none. */
export function toVaultSpec(
  stack: string,
  config: StackConfig,
  postgres: Pick<PostgresSpec, "namespace" | "service">,
): VaultSpec | undefined {
  const vault = config.secrets?.vault;
  if (vault === undefined) return undefined;
  const { address, caSecret } = vault;
  return {
    connection: vault.connection ?? `${postgres.namespace}/${storeName(stack)}`,
    server: address === undefined ? undefined : { address, caSecret },
    namespace: vault.namespace,
    authMount: vault.authMount ?? "kubernetes",
    audiences: vault.audiences ?? ["vault"],
    refreshAfter: vault.refreshAfter ?? "1m",
    inside: toVaultInsideSpec(vault, config, postgres),
  };
}

/**
 * What an app takes from Vault; undefined = nothing.
 *
 * @param namespace The app's.
 */
export function toAppVaultSpec(
  name: string,
  entry: AppEntry,
  config: StackConfig,
  namespace: string,
): AppVaultSpec | undefined {
  const secrets = toSecrets(name, entry, config, namespace);
  const login = toLogin(name, entry, config);
  if (secrets.length === 0 && login === undefined) return undefined;
  const { vault = {} } = entry;
  const { role = name, serviceAccount = name } = vault;
  const namespaces = sortUnique([
    ...(login === undefined ? [] : [entry.owner?.namespace ?? namespace]),
    ...secrets.map((secret) => secret.namespace),
  ]);
  return {
    role,
    serviceAccount,
    restart: (vault.restart ?? []).map(toRestartTarget),
    secrets,
    login,
    namespaces,
    policy: vault.policy ?? role.toLowerCase(),
    authRoles: toAuthRoles({ name: role, accounts: [serviceAccount], namespaces }, vault.accounts),
    ci: toAppCi(name, entry, config),
    adopt: vault.adopt ?? false,
  };
}

function toSecrets(
  name: string,
  entry: AppEntry,
  config: StackConfig,
  namespace: string,
): readonly VaultSecretSpec[] {
  const mount = config.secrets?.vault?.kvMount ?? "kvv2";
  return Object.entries(entry.secrets ?? {})
    .toSorted(byKey)
    .flatMap(([secret, given]): VaultSecretSpec[] => {
      if (Array.isArray(given) || given.from !== "vault") return [];
      return [
        {
          name: secret,
          namespace: given.namespace ?? namespace,
          mount: given.mount ?? mount,
          path: given.path ?? vaultPath(name, secret),
          fields: given.fields ?? [],
          generate: toRecipes(given.generate ?? {}),
        },
      ];
    });
}

type Given = Readonly<
  Record<string, { length: number } | { bytes: number; encoding?: "base64" | "hex" | undefined }>
>;

function toRecipes(given: Given): VaultSecretSpec["generate"] {
  return Object.fromEntries(
    Object.entries(given)
      .toSorted(byKey)
      .map(([key, recipe]): [string, VaultValueRecipe] => [
        key,
        "length" in recipe
          ? recipe
          : { bytes: recipe.bytes, encoding: recipe.encoding ?? "base64" },
      ]),
  );
}

function toLogin(
  name: string,
  { credentials, vault = {} }: AppEntry,
  config: StackConfig,
): VaultLoginSpec | undefined {
  if (credentials !== "vault") return undefined;
  return {
    mount: config.secrets?.vault?.databaseMount ?? "postgres",
    role: vault.databaseRole ?? name,
    renewalPercent: vault.renewalPercent ?? 67,
    revoke: vault.revoke ?? true,
    ttl: toSeconds(vault.ttl ?? "1h"),
    maxTtl: toSeconds(vault.maxTtl ?? "24h"),
  };
}

/**
 * A role admits each of its names in each of its namespaces. So an account joins the app's role only if nobody else
 * comes in with it, and otherwise gets a role with those of its namespace.
 */
function toAuthRoles(
  main: VaultAuthRoleSpec,
  accounts: readonly string[] = [],
): AppVaultSpec["authRoles"] {
  const refs = accounts.map(toServiceAccount);
  const joins = (namespace: string): boolean =>
    main.namespaces.length === 1 && main.namespaces[0] === namespace;
  const names = refs.filter(({ namespace }) => joins(namespace)).map(({ name }) => name);
  const others = Map.groupBy(
    refs.filter(({ namespace }) => !joins(namespace)),
    ({ namespace }) => namespace,
  );
  return [
    { ...main, accounts: sortUnique([...main.accounts, ...names]) },
    ...[...others].toSorted(byKey).map(([namespace, group]) => ({
      name: vaultAccountRole(main.name, namespace),
      accounts: sortUnique(group.map(({ name }) => name)),
      namespaces: [namespace],
    })),
  ];
}

function toAppCi(
  name: string,
  { vault = {} }: AppEntry,
  config: StackConfig,
): VaultAppCiSpec | undefined {
  const ci = config.secrets?.vault?.manage?.ci;
  if (ci === undefined) return undefined;
  const fill = (text: string): string => text.replaceAll("{app}", name);
  const claims = Object.entries({ ...ci.claims, ...vault.claims });
  const paths = Object.entries(ci.paths ?? {});
  return {
    role: vault.ciRole ?? fill(ci.role ?? "ci-{app}"),
    group: vault.group ?? opsName(name),
    policy: vault.opsPolicy ?? opsName(name),
    policies: sortUnique(vault.opsPolicies ?? []),
    claims: Object.fromEntries(
      claims
        .toSorted(byKey)
        .map(([claim, value]) => [
          claim,
          typeof value === "string" ? fill(value) : value.map(fill),
        ]),
    ),
    paths: Object.fromEntries(
      paths.toSorted(byKey).map(([path, capabilities]) => [fill(path), capabilities]),
    ),
  };
}

const seconds = { s: 1, m: 60, h: 3600 } as const;

/** From `30m`. */
function toSeconds(text: string): number {
  return Number.parseInt(text, 10) * seconds[text.slice(-1) as keyof typeof seconds];
}

/** From `Deployment/wiki`. */
export function toRestartTarget(text: string): RestartTarget {
  const [kind, name] = text.split("/") as [RestartTarget["kind"], string];
  return { kind, name };
}
