import { onceEach } from "../once-each.ts";
import { loginKey } from "./derive/names.ts";
import type { SecretSpec } from "./spec/secrets.ts";
import type { AppSpec, RoleSpec } from "./spec.ts";

/** Which roles on the server belong to one role of an entry, and which of them log in. */

/** Names of all roles on the server that belong to these roles of entries. */
export function roleNamesOf({
  roles,
}: {
  readonly roles: readonly Pick<RoleSpec, "name" | "logins">[];
}): string[] {
  return roles.flatMap(({ name, logins }) => [name, ...(logins ?? [])]);
}

/** The apps that have a role, with their places in the list. */
type Makers = ReadonlyMap<string, ReadonlyMap<AppSpec, number>>;

const findMakers = onceEach((apps: readonly AppSpec[]): Makers => {
  const makers = new Map<string, Map<AppSpec, number>>();
  for (const [place, app] of apps.entries()) {
    for (const name of roleNamesOf(app)) {
      const places = makers.get(name) ?? new Map<AppSpec, number>();
      makers.set(name, places.set(app, place));
    }
  }
  return makers;
});

/** The apps with roles that this app's roles are members of. They are made first. */
export function appsBefore(
  app: { readonly roles: readonly Pick<RoleSpec, "memberOf">[] },
  apps: readonly AppSpec[],
): readonly AppSpec[] {
  const groups = new Set(app.roles.flatMap(({ memberOf }) => memberOf));
  if (groups.size === 0) return [];
  const makers = findMakers(apps);
  const before = new Map([...groups].flatMap((name) => [...(makers.get(name) ?? [])]));
  return [...before]
    .filter(([other]) => other !== app)
    .toSorted(([, a], [, b]) => a - b)
    .map(([other]) => other);
}

/** Whether another app of the stack has a role of this name. */
export function isRoleBeside(app: string, apps: readonly AppSpec[]): (role: string) => boolean {
  const makers = findMakers(apps);
  return (role) => [...(makers.get(role)?.keys() ?? [])].some(({ name }) => name !== app);
}

/** Each app after those that are made first, otherwise in the same order. */
export function inOrder(apps: readonly AppSpec[]): readonly AppSpec[] {
  const seen = new Set<AppSpec>();
  const visit = (app: AppSpec): readonly AppSpec[] => {
    if (seen.has(app)) return [];
    seen.add(app);
    return [...appsBefore(app, apps).flatMap(visit), app];
  };
  return apps.flatMap(visit);
}

/** Whether the role's credential is in 1Password. If not, Vault makes its logins, or it has no password. */
export function hasItem(role: Pick<RoleSpec, "logins" | "login">): boolean {
  return role.login === "password" && !isOfVault(role);
}

/** Whether Vault makes the role's logins. */
export function isOfVault({ logins }: Pick<RoleSpec, "logins">): boolean {
  return logins?.length === 0;
}

/** Whether there is a Secret with the role's credential. */
export function hasSecret({ login }: Pick<RoleSpec, "login">): boolean {
  return login === "password";
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
export function usesItem({ item, fields, files, keys, find }: SecretSpec): boolean {
  return (
    fields.length + files.length > 0 ||
    find !== undefined ||
    keys.every((key) => key.item.item === item.item)
  );
}
