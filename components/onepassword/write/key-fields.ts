import { type FieldValues, renderKey } from "../../config/keys/render.ts";
import type { SecretKey } from "../../config/keys/template.ts";
import type { RoleSpec } from "../../config/spec.ts";
import type { Item } from "../item.ts";

/**
 * Fields of an item that are keys of its Secret. The 1Password operator copies fields and can make nothing of
 * them, so a key such as a URL has to be a field itself. Pure.
 */

/** Keys whose fields an item lacks, and those whose fields have another value. */
export interface KeyFindings {
  readonly missing: readonly string[];
  readonly wrong: readonly string[];
}

/** Compares an item's fields with what its keys need. Names only: the values are secret. */
export function findKeyFields(
  keys: readonly SecretKey[],
  item: Item,
  { fields, name: role }: Pick<RoleSpec, "fields" | "name">,
): KeyFindings {
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
