import { toKeyName } from "./keys/name.ts";
import { hasItem } from "./logins.ts";
import type { AppSpec, LoginFields, RoleSpec } from "./spec.ts";

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
