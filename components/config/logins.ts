import { loginKey } from "./derive/names.ts";
import type { RoleSpec, SecretSpec } from "./spec.ts";

/** Which roles on the server belong to one role of an entry, and which of them log in. */

/** Names of all roles on the server that belong to these roles of entries. */
export function roleNamesOf({
  roles,
}: {
  readonly roles: readonly Pick<RoleSpec, "name" | "logins">[];
}): string[] {
  return roles.flatMap(({ name, logins }) => [name, ...(logins ?? [])]);
}

/** Whether the role's credential is in 1Password. If not, Vault makes its logins. */
export function hasItem({ logins }: Pick<RoleSpec, "logins">): boolean {
  return logins?.length !== 0;
}

/** A role on the server; `key` is its key in the plan. */
export interface Login {
  readonly key: string;
  readonly name: string;
}

/**
 * The role that an item's `username` names; undefined = the name does not belong to this role. With two
 * logins the owner's own name is valid, too: an app may have logged in with it before.
 */
export function findLogin(
  { key, name, logins }: Pick<RoleSpec, "key" | "name" | "logins">,
  username: string,
): Login | undefined {
  if (logins === undefined || username === name) return { key, name };
  const index = logins.indexOf(username);
  return index === -1 ? undefined : { key: loginKey(key, index), name: username };
}

/** Whether a Secret has fields of its item; if not, each of its keys names another. */
export function usesItem({ item, fields, keys, find }: SecretSpec): boolean {
  return (
    fields.length > 0 || find !== undefined || keys.every((key) => key.item.item === item.item)
  );
}
