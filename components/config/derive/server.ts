import type { StackConfig } from "../schema/stack.ts";
import type { EndpointSpec, KubeTargetSpec, PostgresSpec } from "../spec/postgres.ts";
import { toCertificateSource, toServiceCa } from "./certificate.ts";
import { ownershipRoleName, serviceHost } from "./names.ts";

/** With more apps the looks into their databases take most of the time of an unchanged preview. */
const mostAppsLookedInto = 300;

export function toPostgresSpec(stack: string, config: StackConfig): PostgresSpec {
  const { postgres } = config;
  const endpoint = toEndpointSpec(postgres.endpoint);
  const service = derivedService(endpoint);
  const host = postgres.service?.host ?? service.host;
  const mode = postgres.tls?.mode ?? "verify-full";
  return {
    endpoint,
    tls: {
      mode,
      caFile: postgres.tls?.ca,
      serverName: postgres.tls?.serverName ?? host,
      ...toClient(postgres.tls),
    },
    maintenanceDatabase: postgres.maintenanceDatabase ?? "postgres",
    systemIdentifier: postgres.systemIdentifier,
    admin: { vault: config.onepassword.vault, item: postgres.adminItem ?? "postgres-admin" },
    adminUser: postgres.adminUser,
    reserved: (postgres.reserved ?? []).toSorted(),
    ownershipRole: postgres.ownershipRole ?? ownershipRoleName(stack),
    stack: undefined,
    connectionLimit: postgres.connectionLimit ?? 4,
    compareInside: postgres.compareInside ?? Object.keys(config.apps).length <= mostAppsLookedInto,
    jobImage: postgres.job?.image ?? "docker.io/library/postgres:18.4",
    service: {
      host,
      port: postgres.service?.port ?? service.port,
      sslmode: postgres.service?.sslmode ?? mode,
      sslrootcert: postgres.service?.sslrootcert,
      ca: toServiceCa(postgres),
    },
    certificate: toCertificateSource(postgres),
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
    target: toTarget(kubernetes),
    port: kubernetes.port ?? 5432,
    localPort: kubernetes.localPort ?? 15432,
  };
}

function toTarget({
  service,
  pod,
  selector = "",
}: NonNullable<StackConfig["postgres"]["endpoint"]["kubernetes"]>): KubeTargetSpec {
  if (service !== undefined) return { kind: "service", name: service };
  return pod === undefined ? { kind: "selector", name: selector } : { kind: "pod", name: pod };
}

function derivedService(endpoint: EndpointSpec): { host: string; port: number; namespace: string } {
  if (endpoint.kind === "direct") {
    return { host: endpoint.host, port: endpoint.port, namespace: "db-postgres" };
  }
  const { namespace, port, target } = endpoint;
  return { host: serviceHost(target.name, namespace), port, namespace };
}

function toClient({
  cert,
  key,
}: NonNullable<StackConfig["postgres"]["tls"]> = {}): Pick<PostgresSpec["tls"], "client"> {
  if (cert === undefined || key === undefined) return {};
  return { client: { certFile: cert, keyFile: key } };
}
