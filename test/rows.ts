/**
 * The rows of a matrix, in a file `x.rows.test.ts`: `npm test` tries the first, `npm run test:full` the
 * rest, and who names the file all of them.
 */
export type Rows = "first" | "rest" | "all";

/** How `test/run.ts` says which. */
export const rowsVariable = "BERTH_TEST_ROWS";

export function rowsOf<T>(first: readonly T[], rest: readonly T[]): readonly T[] {
  const rows = process.env[rowsVariable] as Rows | undefined;
  return rows === "first" ? first : rows === "rest" ? rest : [...first, ...rest];
}
