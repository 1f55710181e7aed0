import { expect, test } from "vitest";
import { type Action, describeAction } from "../../../components/postgres/statements/actions.ts";
import { toTransactions } from "../../../components/postgres/statements/batches.ts";
import { shorten } from "../../../components/postgres/statements/failure.ts";

const names = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ name: `t${String(n)}` }));

function grant(count: number, kind: "grant" | "revoke" = "grant"): Action {
  const on = { type: "table", schema: "public", objects: names(count) } as const;
  return { kind, path: "roles.ro", on, grantee: "wiki_ro", privileges: ["SELECT"] };
}

const schema: Action = {
  kind: "create-schema",
  path: "schemas",
  database: "wiki",
  schema: "app",
  owner: "wiki",
};

const sizes = (actions: readonly Action[]) =>
  toTransactions(actions).map((together) =>
    together.map((one) => ("on" in one && "objects" in one.on ? one.on.objects.length : one.kind)),
  );

test("what few objects need is one transaction, in its order", () => {
  expect(sizes([grant(3, "revoke"), schema, grant(1_900)])).toEqual([[3, "create-schema", 1_900]]);
  expect(sizes([])).toEqual([]);
});

test("no transaction locks more than 2,000 objects, and none is left out or changed twice", () => {
  const many = grant(4_500);
  expect(sizes([schema, many, grant(10)])).toEqual([["create-schema", 2_000], [2_000], [500, 10]]);
  const changed = toTransactions([many]).flat();
  expect(
    changed.flatMap((one) => ("on" in one && "objects" in one.on ? one.on.objects : [])),
  ).toEqual(names(4_500));
});

test("a preview names the first objects and says how many more there are", () => {
  expect(describeAction(grant(12))).toMatch(/t0, public\.t1, .*public\.t9, and 2 more$/);
  expect(shorten("x".repeat(2_100))).toBe(`${"x".repeat(2_000)}… and 100 characters more`);
  expect(shorten("GRANT")).toBe("GRANT");
});
