import { toGrants } from "../schema/database.ts";
import { toSettings } from "../schema/settings.ts";
import type { AppEntry, StackConfig } from "../schema/stack.ts";
import type {
  AppSpec,
  EndpointSpec,
  ExtensionSpec,
  ItemRef,
  PostgresSpec,
  RoleSpec,
  SecretSpec,
  WorkloadSpec,
} from "../spec.ts";
import { defaultDelivery, toGitOpsSpec } from "./delivery.ts";
import {
  appNamespace,
  databaseName,
  groupRoleName,
  loginNames,
  ownerItem,
  ownershipRoleName,
  roleName,
  scopedItem,
  scopedRoleName,
  serviceHost,
} from "./names.ts";
import { toAppVaultSpec } from "./vault.ts";

/** Fills in defaults and derives names: values of the stack file → the values that `spec.ts` describes. */

/** The shared server. */
export function toPostgresSpec(stack: string, config: StackConfig): PostgresSpec {
  const { postgres } = config;
  const endpoint = toEndpointSpec(postgres.endpoint);
  const service = derivedService(endpoint);
  const host = postgres.service?.host ?? service.host;
  return {
    endpoint,
    tls: {
      mode: postgres.tls?.mode ?? "verify-full",
      caFile: postgres.tls?.ca,
      serverName: postgres.tls?.serverName ?? host,
    },
    maintenanceDatabase: postgres.maintenanceDatabase ?? "postgres",
    systemIdentifier: postgres.systemIdentifier,
    admin: { vault: config.onepassword.vault, item: postgres.adminItem ?? "postgres-admin" },
    reserved: (postgres.reserved ?? []).toSorted(),
    ownershipRole: postgres.ownershipRole ?? ownershipRoleName(stack),
    stack: undefined,
    connectionLimit: postgres.connectionLimit ?? 4,
    jobImage: postgres.job?.image ?? "docker.io/library/postgres:18.4",
    service: { host, port: postgres.service?.port ?? service.port },
    namespace: postgres.namespace ?? service.namespace,
    confirmDelete: (postgres.confirmDelete ?? []).toSorted(),
    dumpDirectory: postgres.dumpDirectory,
  };
}

function toEndpointSpec(endpoint: StackConfig["postgres"]["endpoint"]): EndpointSpec {
  const { direct, kubernetes } = endpoint;
  if (direct !== undefined) return { kind: "direct", host: direct.host, port: direct.port ?? 5432 };
  if (kubernetes === undefined) throw new Error("the schema passed an endpoint without a kind");
  return {
    kind: "kubernetes",
    kubeconfig: kubernetes.kubeconfig,
    context: kubernetes.context,
    namespace: kubernetes.namespace,
    target:
      kubernetes.service === undefined
        ? { kind: "pod", name: kubernetes.pod ?? "" }
        : { kind: "service", name: kubernetes.service },
    port: kubernetes.port ?? 5432,
    localPort: kubernetes.localPort ?? 15432,
  };
}

function derivedService(endpoint: EndpointSpec): { host: string; port: number; namespace: string } {
  if (endpoint.kind === "direct") {
    return { host: endpoint.host, port: endpoint.port, namespace: "db-postgres" };
  }
  const { namespace, port, target } = endpoint;
  return { host: serviceHost(target.name, namespace), port, namespace };
}

/** One app. */
export function toAppSpec(name: string, entry: AppEntry, config: StackConfig): AppSpec {
  const { vault } = config.onepassword;
  const namespace = entry.namespace ?? appNamespace(name);
  const adopt = entry.adopt ?? false;
  const fromVault = entry.credentials === "vault";
  const hasTwoLogins = entry.owner?.rotation === "two-logins";
  const owner = toRole("owner", { profile: "owner", privileges: {} }, entry.owner ?? {}, {
    name: hasTwoLogins || fromVault ? groupRoleName(name) : roleName(name),
    logins: fromVault ? [] : hasTwoLogins ? (entry.owner?.logins ?? loginNames(name)) : undefined,
    item: ownerItem(name),
    vault,
    namespace,
  });
  const scoped = Object.entries(entry.roles ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, role]) =>
      toRole(key, toMay(role), role, {
        name: scopedRoleName(name, key),
        logins: undefined,
        item: scopedItem(name, key),
        vault,
        namespace,
      }),
    );
  return {
    name,
    provisioner: entry.provisioner ?? config.postgres.provisioner ?? "berth",
    reclaimPolicy: entry.reclaimPolicy ?? "retain",
    adopt,
    delivery: entry.delivery ?? defaultDelivery(config),
    secretsThrough: entry.secretsThrough ?? config.secrets?.through ?? "onepassword-item",
    namespace,
    database: {
      name: entry.database?.name ?? databaseName(name),
      encoding: entry.database?.encoding ?? "UTF8",
      connectionLimit: entry.database?.connectionLimit ?? -1,
      revokePublic: entry.database?.revokePublic ?? !adopt,
      settings: toSettings(entry.database?.settings),
      recreate: entry.database?.recreate ?? false,
      schemas: (entry.database?.schemas ?? []).toSorted(),
      extensions: (entry.database?.extensions ?? []).map(toExtension),
    },
    roles: [owner, ...scoped],
    secrets: toSecrets(entry, vault, namespace),
    vault: toAppVaultSpec(name, entry, config, namespace),
    workload: toWorkload(entry, config),
  };
}

/** What a role may do. */
type May = Pick<RoleSpec, "profile" | "privileges">;

function toMay({ profile, privileges }: NonNullable<AppEntry["roles"]>[string]): May {
  return { profile: profile ?? "custom", privileges: toGrants(privileges ?? {}) };
}

type ExtensionEntry = NonNullable<NonNullable<AppEntry["database"]>["extensions"]>[number];

function toExtension(given: ExtensionEntry): ExtensionSpec {
  if (typeof given === "string") return { name: given, schema: "public" };
  return { ...given, schema: given.schema ?? "public" };
}

function toRole(
  key: string,
  may: May,
  given: NonNullable<AppEntry["owner"]>,
  derived: Pick<RoleSpec, "name" | "logins" | "namespace"> & ItemRef,
): RoleSpec {
  const item = given.item ?? derived.item;
  return {
    key,
    name: given.name ?? derived.name,
    logins: derived.logins,
    login: given.login ?? "password",
    ...may,
    item: { vault: derived.vault, item },
    secretName: given.secret ?? item,
    namespace: given.namespace ?? derived.namespace,
    connectionLimit: given.connectionLimit ?? -1,
    memberOf: (given.memberOf ?? []).toSorted(),
    searchPath: given.searchPath ?? [],
    settings: toSettings(given.settings),
    scram: given.scram,
  };
}

function toSecrets(entry: AppEntry, vault: string, namespace: string): SecretSpec[] {
  return Object.entries(entry.secrets ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, given]) => {
      const secret = Array.isArray(given) ? { fields: given } : given;
      if ("from" in secret && secret.from === "vault") return [];
      const item: ItemRef = { vault, item: secret.item ?? name };
      return [
        { name, item, namespace: secret.namespace ?? namespace, fields: secret.fields ?? [] },
      ];
    });
}

function toWorkload(entry: AppEntry, config: StackConfig): WorkloadSpec | undefined {
  const { helm, git } = entry.workload ?? {};
  if (helm !== undefined) return { kind: "helm", ...helm, values: helm.values ?? {} };
  if (git === undefined) return undefined;
  const gitops = toGitOpsSpec(config);
  return {
    kind: "git",
    path: git.path,
    repoURL: git.repoURL ?? gitops?.repoURL ?? "",
    targetRevision: git.targetRevision ?? gitops?.targetRevision ?? "main",
  };
}
