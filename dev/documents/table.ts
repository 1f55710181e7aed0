/** A table in Markdown. The cells are Markdown without `|`. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [toRow(head), `|${"---|".repeat(head.length)}`, ...rows.map(toRow)].join("\n");
}

function toRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
