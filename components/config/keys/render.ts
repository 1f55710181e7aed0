import { encode, goEncoding } from "./encoding.ts";
import type { FieldPart, SecretKey } from "./template.ts";

export type FieldValues = Readonly<Record<FieldPart["field"], string>>;

/** The value of a key. It is secret if the login is. */
export function renderKey({ parts }: Pick<SecretKey, "parts">, values: FieldValues): string {
  return parts
    .map((part) => (typeof part === "string" ? part : encode[part.encoding](values[part.field])))
    .join("");
}

/**
 * The key as a Go template, for an operator that fills it in.
 *
 * @param refer How the template names a field: `.username`.
 */
export function toGoTemplate(
  { parts }: Pick<SecretKey, "parts">,
  refer: (field: FieldPart["field"]) => string,
): string {
  return parts
    .map((part, index) => {
      if (typeof part === "string") return escapeText(part, index < parts.length - 1);
      const { pipe, quote = "" } = goEncoding[part.encoding];
      return `${quote}{{ ${refer(part.field)}${pipe} }}${quote}`;
    })
    .join("");
}

/** `{{` begins an action, and so does a `{` right before one. */
function escapeText(text: string, isBeforeAction: boolean): string {
  const pattern = isBeforeAction ? /\{\{+|\{$/g : /\{\{+/g;
  return text.replaceAll(pattern, (braces) => `{{ "${braces}" }}`);
}

/** The login's own fields under their own names. */
export const loginKeys: readonly SecretKey[] = (["username", "password"] as const).map((field) => ({
  name: field,
  parts: [{ field, encoding: "plain" }],
}));

/** Keys of a Secret as Go templates, by name. */
export function toGoTemplates(
  keys: readonly SecretKey[],
  refer: (field: FieldPart["field"]) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.map((key) => [key.name, toGoTemplate(key, refer)]));
}
