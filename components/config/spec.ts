import type { SecretKey } from "./keys/template.ts";
import type { Grants, NamedObjects, ScopedGrants } from "./privileges.ts";
import type { ArgoCdAppSpec, ArgoCdStackSpec, MetadataSpec } from "./spec/argocd.ts";
import type { CertificateSpec } from "./spec/certificate.ts";
import type { ClusterSpec, Delivery, GitOpsSpec, WorkloadSpec } from "./spec/delivery.ts";
import type { ItemRef, LoginFields, PasswordRecipe } from "./spec/item.ts";
import type { PostgresSpec } from "./spec/postgres.ts";
import type { SecretSettings, SecretSpec, SecretsSpec, SecretsThrough } from "./spec/secrets.ts";
import type { AppVaultSpec, RestartTarget } from "./spec/vault.ts";

/**
 * What the rest of Berth works from: plain, complete, read-only values, never a `pulumi.Input`. They
 * decide which things exist and what they are called. `parse.ts` makes them from a stack file.
 */

/** What a login role may do; `custom` = nothing but the privileges that its entry lists. */
export type Profile = "owner" | "readwrite" | "readonly" | "custom";

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
  /** `external`: the server checks its login; it has no password, item or Secret. `none`: nobody logs in as it. */
  readonly login: "password" | "external" | "none";
  readonly profile: Profile;
  /** On top of the profile's, in each of the app's schemas. */
  readonly privileges: Grants;
  /** On top of both, in one schema or on some objects. */
  readonly scoped: readonly ScopedGrants[];
  /** What the role has nothing on, whatever else its entry says. */
  readonly except: readonly NamedObjects[];
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
  /** Other apps whose databases it reads. It is a member of a role of each. Sorted. */
  readonly reads: readonly string[];
  /** The role of another app that reads this app's database by it; undefined = the entry has it. */
  readonly reader: { readonly app: string; readonly key: string } | undefined;
  /** Further roles it is a member of, by name. */
  readonly memberOf: readonly string[];
  /** REPLICATION, on each of its logins; undefined = without. */
  readonly replication?: true | undefined;
  /** Empty = the server's default. */
  readonly searchPath: readonly string[];
  /** Settings of the role on the server, by name, sorted. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Of its verifier, `4096:<base64>`; undefined = 4096, and a salt from the role's name and the item's id. */
  readonly scram: string | undefined;
  readonly generate: PasswordRecipe;
  /** What `rotate` restarts, in the namespace of the Secret. */
  readonly restart: readonly RestartTarget[];
  /** The 1Password operator restarts what uses the Secret. */
  readonly autoRestart: boolean;
}

/** What CREATE DATABASE alone can set. undefined = as in template0. */
export interface CreationSpec {
  readonly template?: string | undefined;
  readonly collate?: string | undefined;
  readonly ctype?: string | undefined;
  /** Then ICU orders texts, otherwise the operating system does. */
  readonly icuLocale?: string | undefined;
}

/** One database of the app. Its owner is the role with key `owner`. */
export interface DatabaseSpec extends CreationSpec {
  readonly name: string;
  /** All databases of the app. They differ in nothing but their names. In an app of a stack `name` is the first. */
  readonly names: readonly [string, ...string[]];
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
  /** `tenant_*` stands for the owner's schemas of this form, `*` for all that it has or will have. Sorted. */
  readonly patterns: readonly string[];
  /** In the order in which they are created. */
  readonly extensions: readonly ExtensionSpec[];
  /** Sorted by name. */
  readonly publications: readonly PublicationSpec[];
  /** Roles of others whose objects and memberships in this database are wanted. Sorted. */
  readonly guests: readonly string[];
}

/** A publication of the app's database, for change data capture. */
export interface PublicationSpec {
  readonly name: string;
  readonly tables: "all" | readonly { readonly schema: string; readonly name: string }[];
}

export interface ExtensionSpec {
  readonly name: string;
  readonly schema: string;
  /** undefined = the server's default on creation; later any version is right. */
  readonly version?: string | undefined;
  /** The owner of the database also gets the extension's functions. */
  readonly functions?: "owner" | undefined;
}

/**
 * Who makes an app's roles and database: Berth's own provider, `@pulumi/postgresql`, or a Job in the
 * cluster. With a Job this machine needs no connection to the server.
 */
export type Provisioner = "berth" | "postgresql" | "job";

/** What happens to an app's database and roles when the app leaves the stack. */
export type ReclaimPolicy = "retain" | "delete";

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

export interface VaultApp extends AppSpec {
  readonly vault: AppVaultSpec;
}

export interface StackSpec {
  readonly stack: string;
  /** The stack whose central half of Vault this one makes, and nothing else; undefined = it has apps of its own. */
  readonly vaultFor?: StackSpec | undefined;
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
