import { distance } from "fastest-levenshtein";

/** The name that somebody may have meant; undefined = none is close. */
export function findClosest(given: string, names: Iterable<string>): string | undefined {
  // Two letters that changed places count as two. Long names with the same end, such as items of two apps, are not close.
  const limit = given.length < 4 ? 1 : given.length < 9 ? 2 : 3;
  const found = [...new Set(names)]
    .filter((name) => name !== given)
    .map((name) => ({ name, far: distance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ far }) => far <= limit)
    .toSorted((a, b) => a.far - b.far);
  return found[0]?.name;
}

/** `; did you mean "workload"?`, or nothing. */
export function didYouMean(given: string, names: Iterable<string>): string {
  const closest = findClosest(given, names);
  return closest === undefined ? "" : `; did you mean "${closest}"?`;
}
