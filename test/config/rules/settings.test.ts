import { expect, test } from "vitest";
import { findProblems, makeApp, writeStack } from "../../fakes/stack.ts";

const find = (settings: object) => findProblems(writeStack({ wiki: { database: { settings } } }));

test("values are text, in the order of their names", () => {
  const settings = { work_mem: "8MB", jit: false, "app.tenant": "x", statement_timeout: 30_000 };
  expect(Object.entries(makeApp({ database: { settings } }).database.settings)).toEqual([
    ["app.tenant", "x"],
    ["jit", "off"],
    ["statement_timeout", "30000"],
    ["work_mem", "8MB"],
  ]);
});

test.each([
  ["search_path", "has a key of its own: searchPath of a role"],
  ["role", "would make sessions act as another role"],
  ["session_preload_libraries", "is a list of libraries; set it on the server"],
  ["client_encoding", "would change the meaning of statements, also of Berth's own"],
  ["Work_Mem", "is not the name of a setting; allowed are a-z, 0-9, _ and one dot"],
  ["a b; drop", "is not the name of a setting; allowed are a-z, 0-9, _ and one dot"],
])("%s is refused", (name, reason) => {
  expect(find({ [name]: "x" })).toEqual([
    expect.stringContaining(
      `berth:apps.wiki.database.settings.${name}: the name "${name}" ${reason}`,
    ),
  ]);
});

test("a value is one line, and no list", () => {
  expect(find({ work_mem: "1\n2" })).toHaveLength(1);
  expect(find({ work_mem: ["1"] })).toHaveLength(1);
});

test("the registry's provisioner refuses them", () => {
  const settings = { work_mem: "8MB" };
  const entry = { provisioner: "postgresql", owner: { settings }, database: { settings } };
  expect(findProblems(writeStack({ wiki: entry }))).toEqual(
    ["database", "owner"].map(
      (key) =>
        `berth:apps.wiki.${key}.settings: provisioner postgresql cannot set them; set provisioner to berth`,
    ),
  );
});
