import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** What the faults of one test file came to. What is undefined could not be lost or shown there. */
export interface FaultFigures {
  readonly title: string;
  readonly tried: number;
  readonly handled: number;
  /** Of an app that no fault of the file is about. */
  readonly rowsLost: number | undefined;
  /** Apps of the stack that state does not have any more. */
  readonly stateLost: number | undefined;
  readonly neighboursChanged: number | undefined;
  readonly secretsShown: number | undefined;
}

/** How `test/run.ts` names the file for the figures. */
export const faultsVariable = "BERTH_TEST_FAULTS";

/** Keeps the figures for the table at the end of the run. Without `test/run.ts` they are printed at once. */
export function keepFigures(figures: FaultFigures): void {
  const file = process.env[faultsVariable];
  if (file === undefined) process.stdout.write(`${toFaultTable([figures])}\n`);
  else appendFileSync(file, `${JSON.stringify(figures)}\n`);
}

/** All that was kept in a file. */
export function readFigures(file: string): readonly FaultFigures[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as FaultFigures);
}

const columns = [
  ["tried", "tried"],
  ["handled", "handled"],
  ["rowsLost", "rows lost"],
  ["stateLost", "state lost"],
  ["neighboursChanged", "neighbours changed"],
  ["secretsShown", "secrets shown"],
] as const;

/** A line for each file, by title, and their sum. */
export function toFaultTable(all: readonly FaultFigures[]): string {
  const sums = columns.map(([key]) => {
    const known = all.flatMap((one) => one[key] ?? []);
    return [key, known.length === 0 ? undefined : known.reduce((sum, n) => sum + n, 0)] as const;
  });
  const whole = { title: "all together", ...Object.fromEntries(sums) } as FaultFigures;
  const rows = all.toSorted((a, b) => (a.title < b.title ? -1 : 1));
  const toLine = (one: FaultFigures): string =>
    [
      ...columns.map(([key, head]) => String(one[key] ?? "-").padStart(head.length)),
      one.title,
    ].join("  ");
  return [
    [...columns.map(([, head]) => head), "faults"].join("  "),
    ...(rows.length > 1 ? [...rows, whole] : rows).map(toLine),
  ].join("\n");
}
