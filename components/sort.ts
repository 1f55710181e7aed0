/** Orders texts by their code units, so that the order is the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The same for the entries of an object or a map. */
export function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareText(a, b);
}

/** Each text once, in order. */
export function sortUnique(texts: Iterable<string>): string[] {
  return [...new Set(texts)].toSorted();
}

/** Each value once, in the order of its text. */
export function sortOnce<T>(values: readonly T[]): readonly T[] {
  const byText = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...byText].toSorted(byKey).map(([, value]) => value);
}
