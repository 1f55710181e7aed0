import { type FieldValues, renderKey } from "../../config/keys/render.ts";
import type { SecretKey } from "../../config/keys/template.ts";
import type { RoleSpec } from "../../config/spec.ts";
import type { Item } from "../item.ts";

/** The 1Password operator copies fields, so a key such as a URL has to be a field of the item itself. Pure. */

/** The keys whose fields an item lacks, and those whose fields have another value. Names only: the values are secret. */
export function findKeyFields(
  keys: readonly SecretKey[],
  item: Item,
  { fields, name: role }: Pick<RoleSpec, "fields" | "name">,
): Readonly<Record<"missing" | "wrong", readonly string[]>> {
  const login: FieldValues = {
    username: fields.username === undefined ? role : (item.revealField(fields.username) ?? ""),
    password: item.revealField(fields.password) ?? "",
  };
  const missing = keys.filter(({ name }) => item.revealField(name) === undefined);
  const wrong = keys.filter(
    (key) => !missing.includes(key) && item.revealField(key.name) !== renderKey(key, login),
  );
  return { missing: missing.map(({ name }) => name), wrong: wrong.map(({ name }) => name) };
}
