import { afterEach, describe, expect, it, vi } from "vitest";
import { layOutTable, printMarkdownTable } from "../../../cli/terminal/table.ts";

const rows = [
  ["role", "item", "namespaces"],
  ["wiki", "Coachlight/wiki-db-credentials", "db-postgres, infra-wiki"],
  ["日本", "", "-"],
];

/** The characters of a text without blanks, in an order that wrapping does not change. */
function sorted(text: string): string {
  return Array.from(text.replaceAll(/\s/g, "")).toSorted().join("");
}

describe("a table", () => {
  it("has a line for each row where there is no terminal", () => {
    expect(layOutTable(rows, undefined)).toEqual([
      "  role  item                            namespaces",
      "  wiki  Coachlight/wiki-db-credentials  db-postgres, infra-wiki",
      "  日本                                  -",
    ]);
  });

  it.each([60, 45, 34])("is not wider than %i columns, and loses no text", (columns) => {
    const lines = layOutTable(rows, columns);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    const cells = lines.slice(1, -1).map((line) => /^ {2}(.{4}) {2}/.exec(line.padEnd(8))?.[1]);
    expect(cells.join("").trim()).toBe("wiki");
    expect(sorted(lines.join(" "))).toBe(sorted(rows.flat().join(" ")));
  });

  it("keeps columns readable in a terminal that is too narrow", () => {
    expect(Math.max(...layOutTable(rows, 5).map((line) => line.length))).toBe(30);
  });

  it("shows a control character in a name, and does not send it", () => {
    expect(layOutTable([["a\u001b[2J", "b"]], 80)).toEqual(["  a\\u001b[2J  b"]);
  });
});

describe("a Markdown table", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("keeps its cells, whatever is in them", () => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    printMarkdownTable(["name"], [["a|b"], ["<img>"], ["[x](y)"], ["a\nb"], ["c\\"]]);
    const text = write.mock.calls.map(([chunk]) => String(chunk)).join("");
    expect(text.split("\n").slice(2, 7)).toEqual([
      "| a\\|b |",
      "| \\<img> |",
      "| \\[x](y) |",
      "| a b |",
      "| c\\\\ |",
    ]);
  });
});
