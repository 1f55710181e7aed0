/**
 * The function, with its answer computed once for each object. It is for what every app asks of the whole stack or the
 * whole server: computed for each app, that takes the square of the number of apps. The objects must not change.
 */
export function onceEach<K extends object, V>(compute: (of: K) => V): (of: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (of) => {
    const found = known.get(of) ?? { value: compute(of) };
    known.set(of, found);
    return found.value;
  };
}

/**
 * For a list, the first of it by each of its keys. Where apps share a namespace, this says whose an object in it is: two
 * Applications must not own one object.
 */
export function firstByKey<T>(keysOf: (one: T) => readonly string[]) {
  return onceEach(
    (all: readonly T[]): ReadonlyMap<string, T> =>
      new Map(all.toReversed().flatMap((one) => keysOf(one).map((key) => [key, one] as const))),
  );
}
