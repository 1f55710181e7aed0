import type { CertificateSourceSpec, ServiceCaSpec } from "./certificate.ts";
import { describeItem, type ItemRef } from "./item.ts";

/** The shared server, and how Berth and the pods reach it; part of `StackSpec`. */

/** A Service or Pod by its name, or the one Pod that has certain labels; then `name` is the selector. */
export interface KubeTargetSpec {
  readonly kind: "service" | "pod" | "selector";
  readonly name: string;
}

/** How Berth reaches Postgres from the workstation or from CI. */
export type EndpointSpec =
  | { readonly kind: "direct"; readonly host: string; readonly port: number }
  | {
      readonly kind: "kubernetes";
      /** Path of a kubeconfig; undefined = KUBECONFIG or ~/.kube/config. */
      readonly kubeconfig: string | undefined;
      /** Context in it; undefined = its current context. */
      readonly context: string | undefined;
      readonly namespace: string;
      readonly target: KubeTargetSpec;
      /** Port of the Service or Pod, not of the workstation. */
      readonly port: number;
      /** Port on 127.0.0.1; fixed, so that the provider's address is the same on every run. */
      readonly localPort: number;
    };

/** TLS between Berth and Postgres, in libpq's words. */
export interface TlsSpec {
  readonly mode: "disable" | "require" | "verify-ca" | "verify-full";
  /** PEM file with the CA; undefined = the system's. */
  readonly caFile: string | undefined;
  /** Name the certificate must carry; through a tunnel the Service's own. */
  readonly serverName: string;
  /** PEM files with the certificate that Berth shows the server, and its key; undefined = none. */
  readonly client?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

/** Which stack this is, whatever it is called and wherever its state lies. */
export interface StackIdentity {
  /** No other stack has it. */
  readonly id: string;
  /** `organization/project/stack`, for people. */
  readonly name: string;
  /** Ids that it had under a former name or passphrase; only its state knows them. */
  readonly former?: readonly string[] | undefined;
  /** Ownership role that it used before ownership roles said whose they are; only its state knows it. */
  readonly unmarked?: string | undefined;
}

/** How pods reach the server. */
export interface ServiceSpec {
  readonly host: string;
  readonly port: number;
  /** For the apps, in libpq's words. */
  readonly sslmode: string;
  /** Path of the CA's file in the pods; undefined = the stack file names none. */
  readonly sslrootcert: string | undefined;
  /** undefined = the CA goes to no namespace. */
  readonly ca?: ServiceCaSpec | undefined;
}

export interface PostgresSpec {
  readonly endpoint: EndpointSpec;
  readonly tls: TlsSpec;
  readonly maintenanceDatabase: string;
  /** `system_identifier` of pg_control_system(): the server this stack is for. */
  readonly systemIdentifier: string | undefined;
  readonly admin: ItemRef;
  /** The admin role, where it logs in with a client certificate and no item is read; undefined = the item names it. */
  readonly adminUser?: string | undefined;
  /** Roles and databases that belong to others. Berth never manages them. */
  readonly reserved: readonly string[];
  /** NOLOGIN role without privileges. Its members are the roles that this stack made. */
  readonly ownershipRole: string;
  /** The stack that the ownership role belongs to; undefined = it has no identity. */
  readonly stack: StackIdentity | undefined;
  /** Connections that Berth's own provider opens at a time. */
  readonly connectionLimit: number;
  /** Whether a plain preview looks into each app's database. */
  readonly compareInside: boolean;
  /** Image of the provisioning Jobs; it has psql 15 or newer. */
  readonly jobImage: string;
  readonly service: ServiceSpec;
  /** undefined = no Job copies it. */
  readonly certificate?: CertificateSourceSpec | undefined;
  /** Namespace of the database's own manifests. */
  readonly namespace: string;
  /** Databases that may be dropped when their app leaves, by name. Sorted. */
  readonly confirmDelete: readonly string[];
  /** Folder for a `pg_dump` before a drop, relative to the project folder; undefined = no dump. */
  readonly dumpDirectory: string | undefined;
}

/** The admin's item, for messages; undefined = it has none. */
export function describeAdminItem({
  admin,
  adminUser,
}: Pick<PostgresSpec, "admin" | "adminUser">): string | undefined {
  return adminUser === undefined ? describeItem(admin) : undefined;
}
