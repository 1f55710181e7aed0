import { type Problem, problemAt } from "../../errors.ts";
import { isMapping } from "../../mapping.ts";
import { splitPlaceholders } from "../keys/placeholders.ts";

/** What a placeholder stands for, or why it stands for nothing. */
export type Resolved = { readonly value: string | number } | { readonly problem: string };

/** Finds the value of a placeholder by the name between `${` and `}`. */
export type Resolve = (name: string) => Resolved;

/**
 * Replaces placeholders such as `${role}` in the strings of a chart's values, so a stack file does not repeat these
 * names. A text that is nothing but a placeholder for a number becomes that number. `$${…}` stands for a literal
 * `${…}`. Keys are not changed. For each placeholder without a value there is a problem with the path of the text.
 */
export function fillPlaceholders(values: Readonly<Record<string, unknown>>, resolve: Resolve) {
  const problems: Problem[] = [];
  const fillText = (text: string, path: string): string | number => {
    const parts = splitPlaceholders(text).map((part) => {
      if (typeof part === "string") return part;
      const found = resolve(part.placeholder);
      if ("value" in found) return found.value;
      problems.push(problemAt(path, found.problem));
      return "";
    });
    const [only = ""] = parts;
    return parts.length === 1 ? only : parts.join("");
  };
  const fill = (value: unknown, path: string): unknown => {
    if (typeof value === "string") return fillText(value, path);
    if (Array.isArray(value)) {
      return value.map((entry: unknown, index) => fill(entry, `${path}[${String(index)}]`));
    }
    return isMapping(value) ? fillRecord(value, `${path}.`) : value;
  };
  const fillRecord = (
    record: Readonly<Record<string, unknown>>,
    prefix: string,
  ): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(record).map(([key, value]) => [key, fill(value, prefix + key)]),
    );

  return { values: fillRecord(values, ""), problems };
}
