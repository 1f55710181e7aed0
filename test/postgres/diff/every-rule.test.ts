import { expect, test } from "vitest";
import { problemCodes, problemTexts } from "../../../components/postgres/rules/problem.ts";
import { countFaults } from "../../faults/count.ts";
import { callers, codesOf, problemsOf } from "./callers.ts";
import { contentRows } from "./content-rows.ts";
import { leavingRows, unstatedRows } from "./leaving-rows.ts";
import { table } from "./rule-rows.ts";

/** Every rule against everybody who applies it: each refuses, and for the same reason. */

const rows = [...table, ...contentRows, ...leavingRows, ...unstatedRows].flatMap(
  ([code, situation, by]) => by.map((caller) => ({ code, caller, situation })),
);

countFaults("every rule about a server");

test.each(rows)("$code: $caller refuses", ({ code, caller, situation }) => {
  expect(codesOf(() => callers[caller](situation))).toContain(code);
});

/** Whether the message of a problem has a text of docs/troubleshooting.md, whose `…` stands for anything. */
function has(what: string, seen: string): boolean {
  const parts = seen.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(parts.join(".+"), "s").test(what);
}

const messageOf = ({ code, caller, situation }: (typeof rows)[number]): string =>
  problemsOf(() => callers[caller](situation)).find((one) => one.code === code)?.what ?? "";

test.each(rows)("$code: docs/troubleshooting.md has what $caller says", (row) => {
  const what = messageOf(row);
  expect(
    problemTexts[row.code].seen.some((seen) => has(what, seen)),
    what,
  ).toBe(true);
});

test.each(problemCodes)("%s: each text of docs/troubleshooting.md is in a message", (code) => {
  const messages = rows.filter((row) => row.code === code).map(messageOf);
  const unseen = problemTexts[code].seen.filter(
    (seen) => !messages.some((what) => has(what, seen)),
  );
  expect(messages).not.toEqual([]);
  expect(unseen, messages.join("\n")).toEqual([]);
});
