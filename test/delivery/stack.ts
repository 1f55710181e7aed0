import type { ItemRef } from "../../components/config/spec/item.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../../components/config/spec.ts";
import { makeSpec, makeApp as parseApp } from "../fakes/stack.ts";
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
  return { ...makeApp(app).roles[0], ...changes };
}

/** An app with one role and nothing to run. */
export function makeApp(name: string, changes: Partial<AppSpec> = {}): AppSpec {
  return { ...parseApp(null, name), delivery: "git", ...changes };
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

const empty = makeSpec(
  {},
  {
    endpoint: { direct: { host: "127.0.0.1", port: 5432 } },
    tls: { mode: "disable" },
    service: { host: "postgres-postgresql.db-postgres.svc.cluster.local" },
    namespace: "db-postgres",
  },
  "prod",
  { gitops: { directory: "gitops", repoURL: "https://git.example.org/coachlight/gitops.git" } },
);

/** A stack with these apps on one server. */
export function makeStack(apps: readonly AppSpec[], admin = "postgres-admin"): StackSpec {
  const postgres = { ...empty.postgres, admin: { vault: "Coachlight", item: admin } };
  return { ...empty, postgres, apps, warnings: [] };
}
