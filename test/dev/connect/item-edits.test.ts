import { expect, test } from "vitest";
import { createItem, replaceItem } from "../../../dev/connect/item-edits.ts";
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
])("fails to create an item with %s", (_what, input) => {
  expect(() => createItem(input, vaultId)).toThrow(expect.objectContaining({ status: 400 }));
});
