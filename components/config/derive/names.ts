import { createHash } from "node:crypto";

/**
 * The only place where Berth derives one name from another. The app's name is the join key of all.
 * The stack file can set most of them itself; `schema/` has the keys.
 */

/** Stands in labels and logical names for what belongs to all apps of a stack. */
export const SHARED = "shared";

/** Role of an app, and its database. Unquoted Postgres identifiers have no `-`; Kubernetes names have no `_`. */
export function roleName(app: string): string {
  return app.replaceAll("-", "_");
}

/** NOLOGIN role that owns an app's database when other roles log in for it. */
export function groupRoleName(app: string): string {
  return `${roleName(app)}_role`;
}

/** The two logins of an app with `rotation: two-logins`. */
export function loginNames(app: string): readonly [string, string] {
  return [`${roleName(app)}_a`, `${roleName(app)}_b`];
}

/** Key of a login, from the key of its owner role. `schema/primitives.ts` refuses such keys in an entry. */
export function loginKey(key: string, index: number): string {
  return `${key}-${index === 0 ? "a" : "b"}`;
}

/** A further login role of an app, from its key in the entry. */
export function scopedRoleName(app: string, key: string): string {
  return `${roleName(app)}_${key.replaceAll("-", "_")}`;
}

/** NOLOGIN role of an app, by which a role of another app reads its database. */
export function readerRoleName(app: string, reader: string): string {
  return `${roleName(app)}_${reader}`;
}

/** Its key. No entry can have it, because of the `_`. */
export function readerKey(app: string, key: string): string {
  return `${app}_${key}`;
}

/** Path of a role in its app's entry. */
export function rolePath(key: string): string {
  return key === "owner" ? key : `roles.${key}`;
}

/** Where the stack file says what a further role has, in the entry of its app or of the app that reads this one. */
export function accessAt(app: string, key: string): string {
  const [reader, own] = key.split("_");
  return own === undefined
    ? `berth:apps.${app}.roles.${key}`
    : `berth:apps.${reader ?? ""}.roles.${own}.reads.${app}`;
}

/** 1Password item with the owner's credential. */
export function ownerItem(app: string): string {
  return `${app}-db-credentials`;
}

/** 1Password item with a further role's credential. */
export function scopedItem(app: string, key: string): string {
  return `${app}-${key}-db-credentials`;
}

export function appNamespace(app: string): string {
  return `infra-${app}`;
}

/**
 * NOLOGIN role whose members are the roles that a stack made. Two stacks never get the same: a name that
 * cannot stay as it is gets a digest, and so does one that looks as if it had one.
 */
export function ownershipRoleName(stack: string): string {
  const plain = stack.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
  if (plain === stack && plain.length <= 57 && !/_[0-9a-f]{12}$/.test(plain))
    return `berth_${plain}`;
  const digest = createHash("sha256").update(stack).digest("hex").slice(0, 12);
  return `berth_${plain.slice(0, 44)}_${digest}`;
}

/** Host name under which pods reach a Service. */
export function serviceHost(service: string, namespace: string): string {
  return `${service}.${namespace}.svc.cluster.local`;
}

/** Environment variable in which an app's psql script finds the verifier of a role, by the role's key. */
export function verifierEnvironment(key: string): string {
  return `BERTH_VERIFIER_${key.toUpperCase().replaceAll("-", "_")}`;
}

/** Environment variable in which an app's provisioning Job finds the password of a role, by the role's key. */
export function passwordEnvironment(key: string): string {
  return `BERTH_PASSWORD_${key.toUpperCase().replaceAll("-", "_")}`;
}

export function jobName(app: string): string {
  return `${app}-db-provision`;
}

/** ServiceAccount and ConfigMap of the Job; in Git mode also the Application that brings them. */
export function provisionerName(app: string): string {
  return `${app}-db-provisioner`;
}

/** What copies the server's certificate for an app, in the app's namespace. */
export function certificateName(app: string): string {
  return `${app}-certificate`;
}

/** What lets it read the certificate, in the database's namespace. */
export function certificateSourceName(app: string): string {
  return `${app}-certificate-source`;
}

/** Store of External Secrets and VaultConnection that a stack makes; a DNS label for every stack name. */
export function storeName(stack: string): string {
  return `berth-${stack.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`.replace(/-$/, "");
}

/** Role of Vault's Kubernetes auth method for further ServiceAccounts of an app in another namespace. */
export function vaultAccountRole(role: string, namespace: string): string {
  return `${role}-${namespace}`;
}

/** Policy in Vault with what the pipeline of an app may do, and the group of users who may do it too. */
export function opsName(app: string): string {
  return `${app}-ops`;
}

/** Path in Vault's database engine that a login of this role is read from. */
export function databaseCredentials(role: string): string {
  return `creds/${role}`;
}

/** Path of a Secret's values in the KV engine: `wiki/config` for Secret `wiki-config` of app `wiki`. */
export function vaultPath(app: string, secret: string): string {
  const prefix = `${app}-`;
  return `${app}/${secret.startsWith(prefix) ? secret.slice(prefix.length) : secret}`;
}

/** Slug of the procedure that rotates the passwords of an app, or of one role. */
export function rotationRunbook(subject: string): string {
  return `sop-${subject.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}-password-rotation`;
}
