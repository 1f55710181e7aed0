import { loginKey } from "./derive/names.ts";
import type { RoleSpec } from "./spec.ts";

/** Which roles of the server stand behind one role of an entry, and who of them logs in. */

/** Every role that is on the server for roles of entries, by name. */
export function roleNamesOf({
  roles,
}: {
  readonly roles: readonly Pick<RoleSpec, "name" | "logins">[];
}): string[] {
  return roles.flatMap(({ name, logins }) => [name, ...(logins ?? [])]);
}

/** Whether the role's credential is in 1Password; otherwise Vault makes its logins. */
export function hasItem({ logins }: Pick<RoleSpec, "logins">): boolean {
  return logins?.length !== 0;
}

/** A role of the server; `key` is that of its plan. */
export interface Login {
  readonly key: string;
  readonly name: string;
}

/**
 * The role that an item's `username` stands for; undefined = it is none of this role's. Where two logins
 * take turns the owner's own name is one, too: of an app that logged in with it before.
 */
export function findLogin(
  { key, name, logins }: Pick<RoleSpec, "key" | "name" | "logins">,
  username: string,
): Login | undefined {
  if (logins === undefined || username === name) return { key, name };
  const index = logins.indexOf(username);
  return index === -1 ? undefined : { key: loginKey(key, index), name: username };
}
