import { toKeyName } from "./keys/name.ts";
import type { SecretKey } from "./keys/template.ts";
import { hasItem } from "./logins.ts";
import type { LoginFields } from "./spec/item.ts";
import type { AppSpec, RoleSpec } from "./spec.ts";

/** The keys of a role's Secret that hold its login. The 1Password operator gives them the names of the item's fields. */
export function loginKeysOf(
  { secretsThrough }: Pick<AppSpec, "secretsThrough">,
  role: Pick<RoleSpec, "fields" | "login" | "logins">,
): LoginFields {
  if (secretsThrough !== "onepassword-item" || !hasItem(role)) {
    return { username: "username", password: "password" };
  }
  const { username, password } = role.fields;
  return { username: username && toKeyName(username), password: toKeyName(password) };
}

/** The keys that must be fields of the role's item: the 1Password operator makes none. Others make them. */
export function keysInItem(app: AppSpec, role: RoleSpec): readonly SecretKey[] {
  const isCopied = app.secretsThrough === "onepassword-item" && app.delivery !== "none";
  return isCopied && hasItem(role) ? role.keys : [];
}
