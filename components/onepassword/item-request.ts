import { toShellWord } from "../command-line.ts";
import type { SecretKey } from "../config/keys/template.ts";
import type { ItemRef, LoginFields } from "../config/spec/item.ts";
import type { RoleSpec } from "../config/spec.ts";

/** An item to read, and the fields it must have. */
export interface ItemRequest {
  readonly ref: ItemRef;
  /** For messages: `app netbox`, or `admin`. */
  readonly wantedBy: string;
  /** Labels of fields that must have a value. */
  readonly fields: readonly string[];
  /** Names of files that must be attached to it. */
  readonly files?: readonly string[];
  /** Somebody logs in with the password already, so a generated one would lock them out. */
  readonly isPasswordInUse?: boolean;
  /** The verb that makes the item; undefined = only a person knows what belongs in it. */
  readonly makeCommand?: string;
  /** What `username` must be: the name of the role, or of the first of two logins. */
  readonly username?: string;
  /** With two logins: other allowed values of `username`, and the fix for all other values. */
  readonly otherLogins?: { readonly usernames: readonly string[]; readonly fix: string };
  /** Keys of the Secret that must be fields of the item, and the command that writes them. */
  readonly keyFields?: {
    readonly keys: readonly SecretKey[];
    readonly role: Pick<RoleSpec, "fields" | "name">;
    readonly fix: string;
  };
  /** Whether the 1Password operator makes a Secret of the item, whose keys are its labels. */
  readonly isCopied?: boolean;
  /** Labels of the login. Default: username and password. */
  readonly labels?: LoginFields;
}

/** The first few, and how many more there are. */
export function listSome(labels: readonly string[]): string {
  const shown = labels.slice(0, 10);
  const more = labels.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${String(more)} more`] : [])].join(", ") || "none";
}

/** For `op`: `section.field[type]=value`. The Pulumi provider reads only fields in a section, with few exceptions. */
export function assignment(field: string, request: ItemRequest): string {
  if (field === "password") {
    return request.isPasswordInUse === true
      ? toShellWord("password=‹the password in use›")
      : "--generate-password=letters,digits,32";
  }
  if (field === "username") return toShellWord(`username=${request.username ?? "‹role›"}`);
  const name = `app.${escapeField(field)}`;
  if (field === request.labels?.username)
    return toShellWord(`${name}=${request.username ?? "‹role›"}`);
  return toShellWord(`${name}[password]=‹value›`);
}

/** The start of a command that edits an item. */
export function editCommand({ vault, item }: ItemRef): string {
  return `op item edit ${toShellWord(item)} --vault ${toShellWord(vault)}`;
}

/** `op` reads ., = and \ of a field's name as its own signs unless a \ stands before them. */
export function escapeField(name: string): string {
  return name.replaceAll(/[\\.=]/g, String.raw`\$&`);
}
