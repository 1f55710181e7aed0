/** A list with this one, if it applies. */
export function when<T>(applies: boolean, one: T): readonly T[] {
  return applies ? [one] : [];
}

/** A list with what is made of this one, if it is there. */
export function whenGiven<T, R>(one: T | undefined, toOne: (one: T) => R): readonly R[] {
  return one === undefined ? [] : [toOne(one)];
}
