import { expect, test } from "vitest";
import { toFaultTable } from "./figures.ts";

const nothing = { rowsLost: 0, stateLost: 0, neighboursChanged: 0, secretsShown: 0 };
const unknown = {
  rowsLost: undefined,
  stateLost: undefined,
  neighboursChanged: undefined,
  secretsShown: undefined,
};

test("the table at the end of a run has a line for each file, and their sum", () => {
  const table = toFaultTable([
    { title: "runs that are killed", tried: 8, handled: 8, ...nothing },
    { title: "answers of 1Password", tried: 20, handled: 19, ...unknown },
  ]);
  expect(table.split("\n")).toEqual([
    "tried  handled  rows lost  state lost  neighbours changed  secrets shown  faults",
    "   20       19          -           -                   -              -  answers of 1Password",
    "    8        8          0           0                   0              0  runs that are killed",
    "   28       27          0           0                   0              0  all together",
  ]);
});

test("what is lost in one file is in the sum", () => {
  const one = { title: "a", tried: 1, handled: 1, ...nothing };
  const table = toFaultTable([one, { ...one, title: "b", stateLost: 2 }]);
  expect(table.split("\n").at(-1)?.trim().split(/ +/).slice(0, 6)).toEqual([
    "2",
    "2",
    "0",
    "2",
    "0",
    "0",
  ]);
});
