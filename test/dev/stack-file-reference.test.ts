import { expect, test } from "vitest";
import { stackFileReference } from "../../dev/documents/stack-file-reference.ts";

/** docs/stack-file.md says of every key what it is for, and shows a value. */

/** The rows of its tables, with the key's whole path. */
const rows = stackFileReference()
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const [, top = ""] = /^`(.*)`/.exec(section) ?? [];
    return [...section.matchAll(/^\| `.*\|$/gm)].map(([line]) => {
      const [, key = "", , text, example] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return { path: `${top}.${key.replaceAll("`", "")}`, text, example };
    });
  });

const withKeys = new Set(rows.map(({ path }) => path.replace(/(\[\])?\.[^.]+$/, "")));

test("every key has a text", () => {
  expect(rows.length).toBeGreaterThan(300);
  const silent = rows.filter(({ text = "" }) => ["", "Required."].includes(text));
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test("every key has an example, but for those whose own keys have one", () => {
  const bare = rows.filter(({ path, example }) => example === "" && !withKeys.has(path));
  expect(bare.map(({ path }) => path)).toEqual([]);
});
