import { expect, test } from "vitest";
import { problemCodes } from "../../../components/postgres/rules/problem.ts";
import { countFaults } from "../../faults/count.ts";
import { callers, codesOf } from "./callers.ts";
import { table } from "./rule-rows.ts";

/** Every rule against everybody who applies it: each refuses, and for the same reason. */

const rows = table.flatMap(([code, situation, by]) =>
  by.map((caller) => ({ code, caller, situation })),
);

countFaults("every rule about a server");

test.each(rows)("$code: $caller refuses", ({ code, caller, situation }) => {
  expect(codesOf(() => callers[caller](situation))).toContain(code);
});

test("every rule is in the table", () => {
  const elsewhere = [
    ...["role-is-connected", "role-has-dependents", "role-gave-to-others", "database-reserved"],
    "database-in-use",
    // test/postgres/registry/adoption.test.ts
    "registry-would-lose",
    // test/postgres/diff/unstated.test.ts
    ...["membership-option", "member-unlisted", "grant-option"],
    ...["object-of-other", "schema-unlisted", "setting-unstated", "object-missing"],
  ];
  const tried = new Set([...table.map(([code]) => code), ...elsewhere]);
  expect(problemCodes.filter((code) => !tried.has(code))).toEqual([]);
});
