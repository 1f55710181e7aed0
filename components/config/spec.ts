import type { SecretKey } from "./keys/template.ts";
import type { Grants } from "./privileges.ts";
import type { ArgoCdAppSpec, ArgoCdStackSpec, MetadataSpec } from "./spec/argocd.ts";
import type { CertificateSourceSpec, CertificateSpec, ServiceCaSpec } from "./spec/certificate.ts";
import type { RestartTarget } from "./spec/restart.ts";
import type { FindSpec, SecretSettings, SecretsSpec, SecretsThrough } from "./spec-secrets.ts";

/**
 * What the rest of Berth works from: plain, complete, read-only values, never a `pulumi.Input`. They
 * decide which things exist and what they are called. `parse.ts` makes them from a stack file.
 */

/** Where a 1Password item is: vault and item, each by title or by its 26-character id. */
export interface ItemRef {
  readonly vault: string;
  readonly item: string;
}

/** Labels of the fields of an item that hold a login. */
export interface LoginFields {
  /** undefined = the item has none, and the user's name is the role's. */
  readonly username: string | undefined;
  readonly password: string;
}

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

/** The shared server. */
export interface PostgresSpec {
  readonly endpoint: EndpointSpec;
  readonly tls: TlsSpec;
  readonly maintenanceDatabase: string;
  /** `system_identifier` of pg_control_system(): the server this stack is for. */
  readonly systemIdentifier: string | undefined;
  readonly admin: ItemRef;
  /** Roles and databases that belong to others. Berth never manages them. */
  readonly reserved: readonly string[];
  /** NOLOGIN role without privileges. Its members are the roles that this stack made. */
  readonly ownershipRole: string;
  /** The stack that the ownership role belongs to; undefined = nothing tells it from another of its name. */
  readonly stack: StackIdentity | undefined;
  /** Connections that Berth's own provider opens at a time. */
  readonly connectionLimit: number;
  /** Whether a plain preview looks into each app's database. */
  readonly compareInside: boolean;
  /** Image of the provisioning Jobs; it has psql 15 or newer. */
  readonly jobImage: string;
  /** How pods reach the server. */
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

/** What a login role may do; `custom` = nothing but the privileges that its entry lists. */
export type Profile = "owner" | "readwrite" | "readonly" | "custom";

/** How a new password is made. */
export interface PasswordRecipe {
  /** Characters. */
  readonly length: number;
  readonly alphabet: "letters-digits" | "hex";
}

/** One role of an app, with a credential of its own. */
export interface RoleSpec {
  /** `owner`, or the key under `roles` in the entry. Part of logical names: never changes. */
  readonly key: string;
  readonly name: string;
  /**
   * Names of the logins that SET ROLE to it. The item's `username` says which one is in use.
   * undefined = the role itself logs in; empty = Vault makes the logins, and no item is read.
   */
  readonly logins: readonly string[] | undefined;
  /** `external`: the role has no password, item or Secret; the server checks its login in another way. */
  readonly login: "password" | "external";
  readonly profile: Profile;
  /** On top of the profile's. */
  readonly privileges: Grants;
  readonly item: ItemRef;
  readonly fields: LoginFields;
  /** Kubernetes Secret (and OnePasswordItem) that brings the credential to the pods. */
  readonly secretName: string;
  readonly namespace: string;
  /** Keys of the Secret in addition to `username` and `password`. */
  readonly keys: readonly SecretKey[];
  readonly settings: SecretSettings;
  /** -1 = no limit. */
  readonly connectionLimit: number;
  /** Further roles it is a member of, by name. */
  readonly memberOf: readonly string[];
  /** Empty = the server's default. */
  readonly searchPath: readonly string[];
  /** Settings of the role on the server, by name, sorted. */
  readonly parameters: Readonly<Record<string, string>>;
  /**
   * Iterations and salt of its verifier, `4096:<base64>`; undefined = 4096, and a salt derived from the
   * role's name and the item's id.
   */
  readonly scram: string | undefined;
  readonly generate: PasswordRecipe;
  /** What `rotate` restarts, in the namespace of the Secret. */
  readonly restart: readonly RestartTarget[];
  /** The 1Password operator restarts what uses the Secret. */
  readonly autoRestart: boolean;
}

/** The app's database. Its owner is the role with key `owner`. */
export interface DatabaseSpec {
  readonly name: string;
  readonly encoding: string;
  /** -1 = no limit. */
  readonly connectionLimit: number;
  /** Revoke CONNECT and TEMPORARY on this database from PUBLIC. */
  readonly revokePublic: boolean;
  /** By name, sorted. */
  readonly settings: Readonly<Record<string, string>>;
  /** Create a new, empty database if the old one is gone. */
  readonly recreate: boolean;
  /** Without `public`; the owner owns them. Sorted. */
  readonly schemas: readonly string[];
  /** In the order in which they are created. */
  readonly extensions: readonly ExtensionSpec[];
  /** Roles of others whose objects and memberships in this database are wanted. Sorted. */
  readonly guests: readonly string[];
}

/** An extension of the app's database. */
export interface ExtensionSpec {
  readonly name: string;
  readonly schema: string;
  /** undefined = the server's default on creation; later any version is right. */
  readonly version?: string | undefined;
}

/** A Secret in the app's namespace that has nothing to do with Postgres. */
export interface SecretSpec {
  readonly name: string;
  readonly item: ItemRef;
  readonly namespace: string;
  /** Labels of fields that the item must have; each becomes a key of the Secret. */
  readonly fields: readonly string[];
  /** Keys with names of their own, each from a field of this or another item. */
  readonly keys: readonly NamedField[];
  /** undefined = the fields above, or all. */
  readonly find: FindSpec | undefined;
  readonly settings: SecretSettings;
}

/** A key of a Secret and the field that it comes from. */
export interface NamedField {
  readonly key: string;
  readonly item: ItemRef;
  readonly field: string;
}

/** What an app takes from HashiCorp Vault through the Vault Secrets Operator. */
export interface AppVaultSpec {
  /** Role of Vault's Kubernetes auth method. */
  readonly role: string;
  /** ServiceAccount that the operator logs in with. The app makes it, in each namespace of a Secret. */
  readonly serviceAccount: string;
  /** What the operator restarts when a Secret in the app's namespace has changed. */
  readonly restart: readonly RestartTarget[];
  readonly secrets: readonly VaultSecretSpec[];
  /** The owner's logins; undefined = Berth makes them. */
  readonly login: VaultLoginSpec | undefined;
}

/** Logins that Vault's database engine makes. Each lasts as long as its lease. */
export interface VaultLoginSpec {
  /** Mount of the database engine. */
  readonly mount: string;
  /** Role of the database engine; the operator reads `creds/<role>`. */
  readonly role: string;
  /** The operator renews a lease after this part of it, in percent. */
  readonly renewalPercent: number;
  /** End the lease when the manifest is deleted. */
  readonly revoke: boolean;
}

/** A Secret with the values of a secret in one of Vault's KV engines. Berth never reads them. */
export interface VaultSecretSpec {
  readonly name: string;
  readonly namespace: string;
  readonly mount: string;
  /** Path in the engine, without `data/`. */
  readonly path: string;
  /** Keys to bring; none = all. */
  readonly fields: readonly string[];
}

/** What Argo CD starts for the app; its Secrets are separate manifests. */
export type WorkloadSpec =
  | {
      readonly kind: "helm";
      readonly repoURL: string;
      readonly chart: string;
      readonly version: string;
      readonly values: Readonly<Record<string, unknown>>;
      /** undefined = Argo CD's default, the Application's name. */
      readonly releaseName?: string | undefined;
      /** In the chart or, as `$<ref>/path`, in one of `refs`. */
      readonly valueFiles?: readonly string[] | undefined;
      readonly ignoreMissingValueFiles?: boolean | undefined;
      /** Repositories of value files. */
      readonly refs?:
        | readonly {
            readonly name: string;
            readonly repoURL: string;
            readonly targetRevision: string;
          }[]
        | undefined;
    }
  | {
      readonly kind: "git";
      readonly repoURL: string;
      readonly path: string;
      readonly targetRevision: string;
      /** ConfigMap with where the database is; undefined = none. */
      readonly configMap?: string | undefined;
      /** kustomize's options, in Argo CD's words. */
      readonly kustomize?: Readonly<Record<string, unknown>> | undefined;
    };

/**
 * Who makes an app's roles and database: Berth's own provider, `@pulumi/postgresql`, or a Job in the
 * cluster. With a Job this machine needs no connection to the server.
 */
export type Provisioner = "berth" | "postgresql" | "job";

/** What happens to an app's database and roles when the app leaves the stack. */
export type ReclaimPolicy = "retain" | "delete";

/** Where an app's manifests go; `none` if the stack file has neither `gitops` nor `cluster`. */
export type Delivery = "git" | "cluster" | "none";

/** One app, with all defaults filled in and all names derived. */
export interface AppSpec {
  readonly name: string;
  readonly provisioner: Provisioner;
  readonly reclaimPolicy: ReclaimPolicy;
  /** Adopt a role or database that Berth did not make. */
  readonly adopt: boolean;
  readonly delivery: Delivery;
  readonly secretsThrough: SecretsThrough;
  readonly namespace: string;
  readonly database: DatabaseSpec;
  /** The owner first, then the others by key. */
  readonly roles: readonly [RoleSpec, ...RoleSpec[]];
  /** Secrets with the fields of 1Password items. */
  readonly secrets: readonly SecretSpec[];
  /** undefined = the app uses nothing from Vault. */
  readonly vault: AppVaultSpec | undefined;
  /** undefined = the app gets no certificate by a Job. */
  readonly certificate?: CertificateSpec | undefined;
  readonly workload: WorkloadSpec | undefined;
  readonly argocd: ArgoCdAppSpec;
  /** Further labels and annotations, the stack's included. */
  readonly metadata: MetadataSpec;
}

/** Where manifests go in Git mode and what the Applications in it refer to. */
export interface GitOpsSpec {
  /** Checkout of the GitOps repository, relative to the project folder. */
  readonly directory: string;
  /** Its path in the repository; empty = the root, undefined = as git says. */
  readonly path: string | undefined;
  /** The same repository as Argo CD sees it. */
  readonly repoURL: string;
  readonly targetRevision: string;
  /** What applies the manifests. */
  readonly workloads: "argocd" | "flux" | "none";
  readonly flux: FluxSpec;
  /** Namespace of the Application objects. */
  readonly argocdNamespace: string;
  /** Argo CD AppProject. */
  readonly project: string;
  /** Overwrite files that Berth did not make. */
  readonly adopt: boolean;
}

/** Flux, where it applies the manifests. */
export interface FluxSpec {
  /** Namespace of the Kustomizations and of their source. */
  readonly namespace: string;
  /** GitRepository of the GitOps repository. */
  readonly source: string;
  readonly interval: string;
}

/** Where manifests go in cluster mode. */
export interface ClusterSpec {
  /** Path of a kubeconfig; undefined = KUBECONFIG or ~/.kube/config. */
  readonly kubeconfig: string | undefined;
  /** Always named, because the kubeconfig's current context changes too easily. */
  readonly context: string;
  /** UID of the namespace kube-system: the cluster this stack is for. */
  readonly identifier: string | undefined;
  /** Create the namespaces that Secrets go to, except the database's. */
  readonly createNamespaces: boolean;
  /** What starts the apps. */
  readonly workloads: "argocd" | "none";
  /** Namespace of the Application objects. */
  readonly argocdNamespace: string;
  /** Argo CD AppProject. */
  readonly project: string;
  /** Adopt objects that this stack did not make. */
  readonly adopt: boolean;
}

/** A whole stack. */
export interface StackSpec {
  readonly stack: string;
  /** Random text of `berth:stack`; undefined = what Pulumi puts into the stack file serves. */
  readonly stackId: string | undefined;
  readonly postgres: PostgresSpec;
  readonly vault: string;
  /** Read from Connect through 1Password's Pulumi provider, not with the Connect client. */
  readonly throughProvider: boolean;
  /** undefined = no app has its manifests in Git. */
  readonly gitops: GitOpsSpec | undefined;
  /** undefined = no app has its manifests applied to a cluster. */
  readonly cluster: ClusterSpec | undefined;
  readonly argocd: ArgoCdStackSpec;
  /** Further labels and annotations of what the apps share. */
  readonly metadata: MetadataSpec;
  readonly secrets: SecretsSpec;
  /** Each after the apps with roles that its roles are members of, otherwise sorted by name. */
  readonly apps: readonly AppSpec[];
  /** What may be wrong in the stack file. */
  readonly warnings: readonly string[];
}
