import type { VaultSpec } from "../../config/spec/secrets.ts";
import type { AppVaultSpec } from "../../config/spec/vault.ts";
import type { VaultAuthRoleSpec } from "../../config/spec/vault-inside.ts";
import type { AppSpec, StackSpec } from "../../config/spec.ts";
import type { Json, VaultObject } from "../objects.ts";

/** An app that takes something from Vault. */
export interface VaultApp extends AppSpec {
  readonly vault: AppVaultSpec;
}

/** A stack whose stack file names a Vault. */
export interface VaultStack {
  readonly spec: StackSpec;
  readonly vault: VaultSpec;
  readonly apps: readonly VaultApp[];
}

type Shape = Pick<VaultObject, "kind" | "path"> & Partial<VaultObject>;

/** An object that an administrator makes. */
export function central(shape: Shape): VaultObject {
  return { half: "central", app: undefined, data: {}, files: {}, ...shape };
}

/** A role for ServiceAccounts, whose tokens have one policy. */
export function toAuthRole(
  { accounts, namespaces }: VaultAuthRoleSpec,
  policy: string,
  { audiences }: VaultSpec,
): Readonly<Record<string, Json>> {
  return {
    bound_service_account_names: accounts,
    bound_service_account_namespaces: namespaces,
    ...(audiences[0] !== undefined && { audience: audiences[0] }),
    token_policies: [policy],
    token_ttl: 3600,
  };
}
