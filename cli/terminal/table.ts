import CliTable from "cli-table3";
import { markdownTable } from "markdown-table";
import stringWidth from "string-width";
import wrapText from "wrap-ansi";
import { toTerminalText } from "../../components/terminal-text.ts";
import { print } from "../print.ts";

type Row = readonly string[];

/** Spaces before each column. */
const gap = 2;

/** No column is made narrower. */
const narrowest = 10;

const border = Object.keys(new CliTable().options.chars);
const noBorder = Object.fromEntries(border.map((place) => [place, ""]));

/** Prints a table that fits the terminal. In a file or a pipe each row is one line. */
export function printTable(head: Row, rows: readonly Row[]): void {
  for (const line of layOutTable([head, ...rows], process.stdout.columns)) print(line);
  print();
}

/** Where it is wider than the terminal, the cells of the widest columns are wrapped. undefined = there is no terminal. */
export function layOutTable(given: readonly Row[], columns: number | undefined): string[] {
  const rows = given.map((row) => row.map(toTerminalText));
  const widths = fitWidths(rows, columns ?? Infinity);
  const table = new CliTable({
    chars: noBorder,
    style: { head: [], border: [], "padding-left": gap, "padding-right": 0, compact: true },
  });
  table.push(
    ...rows.map((row) =>
      row.map((cell, at) => wrapText(cell, widths[at] ?? Infinity, { hard: true })),
    ),
  );
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

/** Takes one after the other from the widest column, until the table fits. */
function fitWidths(rows: readonly Row[], columns: number): number[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => stringWidth(row[at] ?? ""))),
  );
  const needed = widths.reduce((sum, width) => sum + gap + width, 0);
  for (let excess = needed - columns; excess > 0; excess -= 1) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

export function printMarkdownTable(head: Row, rows: readonly Row[]): void {
  const cells = [head, ...rows].map((row) => row.map(escapeMarkdown));
  print(markdownTable(cells, { alignDelimiters: false }));
  print();
}

/** Escapes what would end a cell, or be a tag, a link or code. */
export function escapeMarkdown(text: string): string {
  return text.replaceAll("\n", " ").replace(/[\\|<[*`]/g, "\\$&");
}
