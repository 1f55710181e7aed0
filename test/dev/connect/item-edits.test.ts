import { expect, test } from "vitest";
import {
  createItem,
  generateValue,
  patchItem,
  replaceItem,
} from "../../../dev/connect/item-edits.ts";
import { makeId } from "../../../dev/connect/vault-data.ts";

const vaultId = makeId();
const item = createItem(
  {
    title: "app",
    category: "LOGIN",
    tags: ["a", "b"],
    sections: [{ id: "s" }],
    fields: [
      { id: "username", label: "username", purpose: "USERNAME", value: "app" },
      { id: "password", label: "password", purpose: "PASSWORD", value: "old" },
    ],
  },
  vaultId,
);

test("a patch replaces one field's value, one version up, and touches nothing else", () => {
  const patched = patchItem(item, [
    { op: "replace", path: "/fields/password/value", value: "new" },
  ]);
  expect(patched).toEqual({
    ...item,
    version: 2,
    updatedAt: patched.updatedAt,
    fields: [item.fields[0], { ...item.fields[1], value: "new" }],
  });
});

test("a patch adds and removes fields and tags, and renames", () => {
  const patched = patchItem(item, [
    { op: "replace", path: "/title", value: "renamed" },
    { op: "remove", path: "/tags/0" },
    { op: "add", path: "/tags/-", value: "c" },
    { op: "remove", path: "/fields/username" },
    { op: "add", path: "/fields", value: { label: "extra", value: "x", section: { id: "s" } } },
  ]);
  expect(patched.title).toBe("renamed");
  expect(patched.tags).toEqual(["b", "c"]);
  expect(patched.fields.map((field) => field.label)).toEqual(["password", "extra"]);
});

test.each([
  ["a read-only attribute", { op: "replace", path: "/version", value: 9 }],
  ["an unknown field", { op: "replace", path: "/fields/nope/value", value: "x" }],
  ["an unknown operation", { op: "move", path: "/title" }],
  ["no path", { op: "remove" }],
  ["a field of a wrong type", { op: "replace", path: "/fields/password/value", value: 7 }],
])("fails a patch of %s as a whole, with 400", (_what, bad) => {
  const good = { op: "replace", path: "/title", value: "changed" };
  expect(() => patchItem(item, [good, bad])).toThrow(expect.objectContaining({ status: 400 }));
  expect(item.title).toBe("app");
});

test("a replaced item keeps its id and age", () => {
  const replaced = replaceItem(item, { id: "x", category: "DATABASE", version: 40 });
  expect(replaced).toMatchObject({
    id: item.id,
    createdAt: item.createdAt,
    version: 2,
    fields: [],
  });
});

test.each([
  ["no category", { title: "x" }],
  ["another vault's id", { category: "LOGIN", vault: { id: makeId() } }],
  [
    "a field in a section that is not there",
    { category: "LOGIN", fields: [{ section: { id: "?" } }] },
  ],
  ["a document", { category: "DOCUMENT" }],
  [
    "a recipe over the cap",
    { category: "LOGIN", fields: [{ generate: true, recipe: { length: 65 } }] },
  ],
])("fails to create an item with %s", (_what, input) => {
  expect(() => createItem(input, vaultId)).toThrow(expect.objectContaining({ status: 400 }));
});

test("a value is generated only where none was given, and follows its recipe", () => {
  const recipe = { length: 12, characterSets: ["DIGITS"], excludeCharacters: "0" };
  const made = createItem(
    {
      category: "LOGIN",
      fields: [
        { label: "a", generate: true, recipe },
        { label: "b", generate: true, value: "kept" },
      ],
    },
    vaultId,
  );
  expect(made.fields[0]?.value).toMatch(/^[1-9]{12}$/);
  expect(made.fields[1]?.value).toBe("kept");
  expect(made.fields[0]).not.toHaveProperty("generate");
  expect(generateValue()).not.toBe(generateValue());
});
