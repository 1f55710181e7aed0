/**
 * One rule, one decision or one check broken, and the tests that must notice. The text stands once in its
 * file; where that changes, the row changes with it (`mutants.test.ts` says so).
 */
export interface Mutant {
  /** What is gone with it, as the end of a sentence. */
  readonly without: string;
  readonly file: string;
  readonly text: string;
  readonly instead: string;
  /** Any of them is enough. */
  readonly tests: readonly string[];
}

type Row = readonly [without: string, text: string, instead: string];

/** Rows of one file, which the same tests hold. */
export function inFile(file: string, tests: readonly string[], rows: readonly Row[]): Mutant[] {
  return rows.map(([without, text, instead]) => ({ without, file, text, instead, tests }));
}
