import type { ApplicationSettings } from "../../components/config/spec/argocd.ts";
import type { ItemRef } from "../../components/config/spec/item.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { NETBOX_VALUES } from "./netbox-values.ts";

/** An item whose ids differ from its title. */
export function toItemId(ref: ItemRef): { vaultId: string; itemId: string } {
  return { vaultId: `${ref.vault}-id`, itemId: `${ref.item.replaceAll(" ", "-")}-id` };
}

/** What a Secret has where its entry says nothing. */
export const usualSettings = {
  type: undefined,
  refreshInterval: undefined,
  creationPolicy: undefined,
  deletionPolicy: undefined,
};

/** A login role as the configuration derives it. */
export function makeRole(app: string, changes: Partial<RoleSpec> = {}): RoleSpec {
  return {
    key: "owner",
    name: app,
    logins: undefined,
    login: "password",
    profile: "owner",
    privileges: {},
    scoped: [],
    except: [],
    reads: [],
    reader: undefined,
    item: { vault: "Coachlight", item: `${app}-db-credentials` },
    fields: { username: "username", password: "password" },
    secretName: `${app}-db-credentials`,
    namespace: `infra-${app}`,
    keys: [],
    settings: usualSettings,
    connectionLimit: -1,
    memberOf: [],
    searchPath: [],
    parameters: {},
    scram: undefined,
    generate: { length: 32, alphabet: "letters-digits" },
    restart: [],
    autoRestart: false,
    ...changes,
  };
}

/** What Argo CD is asked to do by default. */
export const SETTINGS: ApplicationSettings = {
  destination: { server: "https://kubernetes.default.svc" },
  syncPolicy: {
    automated: { prune: true, selfHeal: true },
    retry: { limit: 10, backoff: { duration: "10s", factor: 2, maxDuration: "5m" } },
    syncOptions: [],
  },
  ignoreDifferences: [],
  finalizer: undefined,
};

/** An app with one role and nothing to run. */
export function makeApp(name: string, changes: Partial<AppSpec> = {}): AppSpec {
  return {
    name,
    provisioner: "berth",
    reclaimPolicy: "retain",
    adopt: false,
    delivery: "git",
    secretsThrough: "onepassword-item",
    namespace: `infra-${name}`,
    database: {
      name,
      names: [name],
      encoding: "UTF8",
      connectionLimit: -1,
      revokePublic: true,
      settings: {},
      recreate: false,
      schemas: [],
      patterns: [],
      extensions: [],
      publications: [],
      guests: [],
    },
    roles: [makeRole(name)],
    secrets: [],
    vault: undefined,
    workload: undefined,
    argocd: {
      ...SETTINGS,
      application: name,
      provisioner: `${name}-db-provisioner`,
      project: undefined,
    },
    metadata: {},
    ...changes,
  };
}

/** NetBox with everything it needs. */
export const NETBOX = makeApp("netbox", {
  secrets: ["netbox-redis-credentials", "netbox-django-secret", "netbox-superuser"].map((name) => ({
    name,
    item: { vault: "Coachlight", item: name },
    namespace: "infra-netbox",
    fields: ["password"],
    files: [],
    keys: [],
    find: undefined,
    settings: usualSettings,
  })),
  workload: {
    kind: "helm",
    repoURL: "oci://ghcr.io/netbox-community/netbox-chart",
    chart: "netbox",
    version: "8.3.61",
    values: NETBOX_VALUES,
  },
});

/** A stack with these apps on one server. */
export function makeStack(apps: readonly AppSpec[], admin = "postgres-admin"): StackSpec {
  return {
    stack: "prod",
    stackId: undefined,
    postgres: {
      endpoint: { kind: "direct", host: "127.0.0.1", port: 5432 },
      tls: { mode: "disable", caFile: undefined, serverName: "localhost" },
      maintenanceDatabase: "postgres",
      systemIdentifier: undefined,
      admin: { vault: "Coachlight", item: admin },
      reserved: ["paperless"],
      stack: undefined,
      ownershipRole: "berth_prod",
      compareInside: true,
      connectionLimit: 4,
      jobImage: "postgres",
      service: {
        host: "postgres-postgresql.db-postgres.svc.cluster.local",
        port: 5432,
        sslmode: "disable",
        sslrootcert: undefined,
      },
      namespace: "db-postgres",
      confirmDelete: [],
      dumpDirectory: undefined,
    },
    throughProvider: false,
    vault: "Coachlight",
    gitops: {
      directory: "gitops",
      path: undefined,
      repoURL: "https://git.example.org/coachlight/gitops.git",
      targetRevision: "main",
      workloads: "argocd",
      flux: { namespace: "flux-system", source: "flux-system", interval: "10m" },
      argocdNamespace: "argocd",
      project: "default",
      adopt: false,
      commit: false,
    },
    cluster: undefined,
    argocd: {
      ...SETTINGS,
      names: "${name}",
      appProject: undefined,
      parent: "none",
      parentProject: "default",
    },
    metadata: {},
    secrets: {
      through: "onepassword-item",
      store: undefined,
      refreshInterval: "1h0m0s",
      vault: undefined,
    },
    apps,
    warnings: [],
  };
}
