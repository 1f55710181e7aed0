import { expect, test } from "vitest";
import { problemCodes, problemTexts } from "../../../components/postgres/rules/problem.ts";
import { countFaults } from "../../faults/count.ts";
import { callers, codesOf, problemsOf } from "./callers.ts";
import { table as others } from "./rule-rows.ts";
import { accessTable } from "./rule-rows-access.ts";

/** Every rule against everybody who applies it: each refuses, and for the same reason. */

const table = [...others, ...accessTable];
const rows = table.flatMap(([code, situation, by]) =>
  by.map((caller) => ({ code, caller, situation })),
);

countFaults("every rule about a server");

test.each(rows)("$code: $caller refuses", ({ code, caller, situation }) => {
  expect(codesOf(() => callers[caller](situation))).toContain(code);
});

test.each(rows)("$code: docs/troubleshooting.md has what $caller says", (row) => {
  const { code, caller, situation } = row;
  const found = problemsOf(() => callers[caller](situation)).find((one) => one.code === code);
  const isSeen = problemTexts[code].seen.some((text) => {
    const parts = text.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(parts.join(".+"), "s").test(found?.what ?? "");
  });
  expect(isSeen, found?.what).toBe(true);
});

test("every rule is in the table", () => {
  const elsewhere = [
    "role-is-connected",
    "role-has-dependents",
    "role-gave-to-others",
    "database-reserved",
    "database-in-use",
    // test/postgres/registry/adoption.test.ts
    "registry-would-lose",
    // test/postgres/diff/unstated.test.ts
    "membership-option",
    "member-unlisted",
    "grant-option",
    "object-of-other",
    "schema-unlisted",
    "setting-unstated",
    "object-missing",
    // test/provider/app-database/replication.postgres.rows.test.ts
    "publication-unlisted",
  ];
  const tried = new Set([...table.map(([code]) => code), ...elsewhere]);
  expect(problemCodes.filter((code) => !tried.has(code))).toEqual([]);
});
