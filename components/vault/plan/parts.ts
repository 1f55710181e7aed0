import type { VaultSpec } from "../../config/spec/secrets.ts";
import type { VaultAuthRoleSpec } from "../../config/spec/vault-inside.ts";
import type { StackSpec, VaultApp } from "../../config/spec.ts";
import { toPolicyPath, type VaultData, type VaultObject } from "../objects.ts";
import { type Rule, toPolicy } from "../policies.ts";

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

/** A policy. @param mark Its first line, which says whose it is. */
export function planPolicy(name: string, mark: string, rules: readonly Rule[]): VaultObject {
  return central({
    kind: "policy",
    path: toPolicyPath(name),
    data: { policy: toPolicy(mark, rules) },
  });
}

/** A role for ServiceAccounts, whose tokens have one policy. */
export function toAuthRole(
  { accounts, namespaces }: VaultAuthRoleSpec,
  policy: string,
  { audiences }: VaultSpec,
): VaultData {
  return {
    bound_service_account_names: accounts,
    bound_service_account_namespaces: namespaces,
    ...(audiences[0] !== undefined && { audience: audiences[0] }),
    token_policies: [policy],
    token_ttl: 3600,
  };
}
