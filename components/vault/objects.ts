/** A value of JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export type VaultObjectKind =
  | "mount"
  | "auth"
  | "auth-config"
  | "transit-key"
  | "policy"
  | "auth-role"
  | "jwt-config"
  | "jwt-role"
  | "group"
  | "connection"
  | "database-role";

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
  readonly data: Readonly<Record<string, Json>>;
  /** Keys of the data whose value is the text of a file, with its path: a CA, never a secret. */
  readonly files: Readonly<Record<string, string>>;
}

/** The data with the texts of its files. */
export function toData(
  { data, files }: Pick<VaultObject, "data" | "files">,
  readFile: (file: string) => string,
): Readonly<Record<string, Json>> {
  const texts = Object.entries(files).map(([key, file]) => [key, readFile(file)] as const);
  return { ...data, ...Object.fromEntries(texts) };
}
