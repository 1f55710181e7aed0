export type Json = null | boolean | number | string | readonly Json[] | VaultData;

export interface VaultData {
  readonly [key: string]: Json;
}

/** In the order in which objects are made. A policy comes before what it is about, since it says whose that is. */
export const vaultKinds = [
  "mount",
  "auth",
  "auth-config",
  "jwt-config",
  "transit-key",
  "policy",
  "auth-role",
  "connection",
  "database-role",
  "jwt-role",
  "group",
] as const;
export type VaultObjectKind = (typeof vaultKinds)[number];

/**
 * Who may make an object. `central`: an administrator of Vault; policies, mounts and identities. `apps`: whoever has the
 * policy `<app>-ops`; the roles of one app.
 */
export type VaultHalf = "central" | "apps";

/** One object inside Vault as its HTTP API has it: `data` written to `path` makes it. No secret is ever in it. */
export interface VaultObject {
  readonly kind: VaultObjectKind;
  readonly half: VaultHalf;
  /** undefined = apps share it. */
  readonly app: string | undefined;
  /** Without `/v1/`: `sys/policies/acl/wiki`. */
  readonly path: string;
  readonly data: VaultData;
  /** Keys of the data whose value is the text of a file, with its path: a CA, never a secret. */
  readonly files: Readonly<Record<string, string>>;
}

export function toData(
  { data, files }: Pick<VaultObject, "data" | "files">,
  readFile: (file: string) => string,
): VaultData {
  const texts = Object.entries(files).map(([key, file]) => [key, readFile(file)] as const);
  return { ...data, ...Object.fromEntries(texts) };
}

export function toPolicyPath(policy: string): string {
  return `sys/policies/acl/${policy}`;
}

/** The mount that an object is, as `existing` names it: `kvv2`, `auth/kubernetes`; undefined = it is another object. */
export function findMount({ kind, path }: Pick<VaultObject, "kind" | "path">): string | undefined {
  const isMount = kind === "mount" || kind === "auth";
  return isMount ? path.replace(/^sys\/(mounts\/)?/, "") : undefined;
}

/** The texts of a list; none = it is no list. */
export function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
