import { toKeyName } from "../keys/name.ts";
import { loginKeysOf } from "../login-keys.ts";
import { hasItem, hasSecret } from "../logins.ts";
import type { ItemRef } from "../spec/item.ts";
import type { SecretSpec } from "../spec/secrets.ts";
import type { VaultSecretSpec } from "../spec/vault.ts";
import type { AppSpec, RoleSpec } from "../spec.ts";

/** What is known of the keys of a Secret that Berth has made. */
export interface SecretContent {
  readonly keys: readonly string[];
  /** False = the item or Vault may have more. */
  readonly isComplete: boolean;
}

/** Labels of an item's fields; undefined = nobody has read it. */
export type LabelsOf = (ref: ItemRef) => readonly string[] | undefined;

export function contentOfRole(app: AppSpec, role: RoleSpec, labelsOf: LabelsOf): SecretContent {
  const { username, password } = loginKeysOf(app, role);
  const own = [...(username === undefined ? [] : [username]), password];
  const keys = [...own, ...role.keys.map(({ name }) => name)];
  if (app.secretsThrough === "external-secret" || !hasItem(role)) return { keys, isComplete: true };
  return withLabels(keys, labelsOf(role.item));
}

/** The Secrets in an app's namespace, by name. */
export function contentsOf(app: AppSpec, labelsOf: LabelsOf): ReadonlyMap<string, SecretContent> {
  const contents = new Map(listContents(app, labelsOf));
  const { secret = "", key = "" } = app.certificate ?? {};
  const holder = contents.get(secret);
  if (holder !== undefined) contents.set(secret, { ...holder, keys: [...holder.keys, key] });
  return contents;
}

function listContents(
  app: AppSpec,
  labelsOf: LabelsOf,
): readonly (readonly [string, SecretContent])[] {
  const isHere = ({ namespace }: { readonly namespace: string }): boolean =>
    namespace === app.namespace;
  return [
    ...app.roles
      .filter((role) => hasSecret(role) && isHere(role))
      .map((role) => [role.secretName, contentOfRole(app, role, labelsOf)] as const),
    ...app.secrets
      .filter(isHere)
      .map((secret) => [secret.name, contentOfSecret(app, secret, labelsOf)] as const),
    ...(app.vault?.secrets ?? [])
      .filter(isHere)
      .map((secret) => [secret.name, contentOfVault(secret)] as const),
  ];
}

export function contentOfVault({ fields: keys }: VaultSecretSpec): SecretContent {
  return { keys, isComplete: keys.length > 0 };
}

export function contentOfSecret(
  { secretsThrough }: AppSpec,
  { item, fields, files, keys, find, settings }: SecretSpec,
  labelsOf: LabelsOf,
): SecretContent {
  const named = [...fields.map(toKeyName), ...files, ...keys.map(({ key }) => key)];
  if (secretsThrough === "onepassword-item") return withLabels(named, labelsOf(item));
  // It is added to what others make.
  if (settings.creationPolicy === "Merge" || find !== undefined) {
    return { keys: named, isComplete: false };
  }
  return named.length > 0 ? { keys: named, isComplete: true } : withLabels([], labelsOf(item));
}

function withLabels(keys: readonly string[], labels: readonly string[] | undefined): SecretContent {
  const all = new Set([...keys, ...(labels ?? []).map(toKeyName)]);
  return { keys: [...all], isComplete: labels !== undefined };
}
