import { renderKey } from "../../config/keys/render.ts";
import type { SecretKey } from "../../config/keys/template.ts";
import type { RoleSpec } from "../../config/spec.ts";
import { ItemReadError } from "../item.ts";
import { type Login, renewLogin } from "./derived-fields.ts";

/** The edit of an item that gives it a new login. It reads and writes nothing. */

/** A new login; without `username` that one stays. */
export interface LoginChange {
  readonly username?: string;
  /** `keep` = it stays, and only the fields of the keys are written. */
  readonly password: string | { readonly keep: true };
  /** Keys of the Secret that are fields of the item. */
  readonly keys?: readonly SecretKey[];
  /** Whose login it is. Default: the fields are called username and password. */
  readonly role?: Pick<RoleSpec, "fields" | "name">;
}

/** What of an item is edited; Connect and `op` have the same form. */
export interface ItemContent {
  fields?: Field[] | undefined;
  sections?: { id?: string; label?: string }[] | undefined;
}

interface Field {
  id?: string;
  label?: string;
  purpose?: unknown;
  type?: unknown;
  value?: string;
  section?: { id?: string };
}

/** Sets everything in the item, or throws `ItemReadError` before it has changed anything. */
export function setLogin(
  item: ItemContent,
  { username, password, keys = [], role }: LoginChange,
): void {
  const fields = item.fields ?? [];
  const labels = role?.fields ?? { username: "username", password: "password" };
  const passwordField = onlyField(fields, labels.password);
  const needsUsername = username !== undefined || keys.length > 0;
  const usernameField =
    needsUsername && labels.username !== undefined ? onlyField(fields, labels.username) : undefined;
  const name = labels.username === undefined ? (role?.name ?? "") : "";
  const old = { username: usernameField?.value ?? name, password: passwordField.value ?? "" };
  const renewed = {
    username: username ?? old.username,
    password: typeof password === "string" ? password : old.password,
  };
  const others = fields.filter(
    (one) =>
      ![passwordField, usernameField].includes(one) && keys.every(({ name }) => name !== one.label),
  );
  const isKept = renewed.password === old.password;
  const changes = [
    ...planKeys(item, keys, { old, renewed }),
    ...(isKept ? [] : planRepeats(others, { old, renewed })),
  ];
  for (const change of changes) change();
  passwordField.value = renewed.password;
  if (usernameField !== undefined) usernameField.value = renewed.username;
}

interface Renewal {
  readonly old: Login;
  readonly renewed: Login;
}

/** The fields that repeat the password and that nobody declared. */
function planRepeats(fields: readonly Field[], { old, renewed }: Renewal): (() => void)[] {
  return fields.flatMap((field) => {
    if (!field.value) return [];
    const value = renewLogin(field.value, old, renewed);
    if (value === undefined) {
      throw new ItemReadError(
        "unknown",
        `its field "${field.label ?? ""}" holds the password as well, in a form that is not a URL; remove that field, or let it hold a URL`,
      );
    }
    return [
      () => {
        field.value = value;
      },
    ];
  });
}

/** Section of the fields that Berth makes. */
export const ownSection = { id: "berth", label: "berth" };

/** The fields of the keys. One that somebody else made is changed only where it has what the key gave before. */
function planKeys(
  item: ItemContent,
  keys: readonly SecretKey[],
  { old, renewed }: Renewal,
): (() => void)[] {
  return keys.map((key) => {
    const value = renderKey(key, renewed);
    const [field, ...more] = (item.fields ?? []).filter(
      ({ label, value: given }) => label === key.name && given,
    );
    if (field === undefined) {
      return () => {
        const isSecret = key.parts.some(
          (part) => typeof part !== "string" && part.field === "password",
        );
        setOwnField(item, { name: key.name, value, isSecret });
      };
    }
    const isOurs = field.section?.id === ownSection.id || field.value === renderKey(key, old);
    if (more.length > 0 || (!isOurs && field.value !== value)) {
      throw new ItemReadError(
        "unknown",
        `its field "${key.name}" was not made by Berth and has another value than the key of that name; remove the field, or name the key in another way`,
      );
    }
    return () => {
      field.value = value;
    };
  });
}

/** Adds a field that Berth makes, in place of its own one of that name. */
export function setOwnField(
  item: ItemContent,
  {
    name,
    value,
    isSecret,
  }: { readonly name: string; readonly value: string; readonly isSecret: boolean },
): void {
  item.sections ??= [];
  if (item.sections.every(({ id }) => id !== ownSection.id)) item.sections.push({ ...ownSection });
  // An empty field of that name would be a second one.
  item.fields = (item.fields ?? []).filter(
    ({ label, value: given, section }) =>
      label !== name || (given && section?.id !== ownSection.id),
  );
  item.fields.push({
    id: `berth-${name}`,
    label: name,
    value,
    section: { id: ownSection.id },
    type: isSecret ? "CONCEALED" : "STRING",
  });
}

/** By label, or by the purpose that a login item gives to its two fields. */
export function onlyField(fields: readonly Field[], label: string): Field {
  const purpose = ["username", "password"].includes(label) ? label.toUpperCase() : undefined;
  const found = fields.filter(
    (field) =>
      (purpose !== undefined && String(field.purpose) === purpose) ||
      (field.label === label && field.value),
  );
  const [field] = found;
  if (field !== undefined && found.length === 1) return field;
  const count = found.length === 0 ? "no field" : `${String(found.length)} fields named`;
  throw new ItemReadError("unknown", `the item has ${count} "${label}"`);
}
