import { type Problem, problemAt } from "../../errors.ts";
import { isMapping } from "../../mapping.ts";
import type { Values } from "./preset.ts";

/**
 * The values of a preset under those that the user gives: where both say something, the user's counts, also a
 * null. Lists are joined by the `name` of their entries. What is wrong in the given values has the path of the value.
 *
 * @param names For a key `*`, the names to look for. Without keys of the user's it becomes the last of them.
 */
export function mergeValues(preset: Values, given: Values, names: readonly string[]) {
  const problems: Problem[] = [];
  const merge = (base: unknown, own: unknown, path: string): unknown => {
    if (own === undefined) return isMapping(base) ? mergeMaps(base, {}, path) : base;
    if (own === null) return own;
    if (isMapping(base)) {
      if (isMapping(own)) return mergeMaps(base, own, path);
      problems.push(
        problemAt(path, "the preset adds keys to it; write it as a map, or set preset: none"),
      );
      return own;
    }
    if (Array.isArray(base)) return Array.isArray(own) ? joinLists(base, own) : own;
    return own;
  };
  const mergeMaps = (base: Values, own: Values, path: string): Values => {
    const merged: Record<string, unknown> = { ...own };
    for (const [key, value] of Object.entries(base)) {
      const at = key === "*" ? pickKey(own, path) : key;
      if (at !== undefined) merged[at] = merge(value, own[at], path === "" ? at : `${path}.${at}`);
    }
    return merged;
  };
  const pickKey = (own: Values, path: string): string | undefined => {
    const keys = Object.keys(own);
    const known = names.find((name) => keys.includes(name));
    if (known !== undefined) return known;
    if (keys.length < 2) return keys[0] ?? names.at(-1);
    problems.push(
      problemAt(
        path,
        `has ${keys.join(", ")}, and the preset needs to know which one uses the database; call it ${names.join(", ")}, or set preset: none`,
      ),
    );
    return undefined;
  };
  return { values: mergeMaps(preset, given, ""), problems };
}

function joinLists(base: readonly unknown[], own: readonly unknown[]): readonly unknown[] {
  const named = new Set(own.map(nameOf));
  return [...base.filter((entry) => !named.has(nameOf(entry))), ...own];
}

function nameOf(entry: unknown): unknown {
  return isMapping(entry) ? entry["name"] : entry;
}
