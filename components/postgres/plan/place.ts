/** What an app has on the server. */
export interface Place {
  /** The first. */
  readonly database: string;
  /** The others; undefined = none. */
  readonly further?: readonly string[] | undefined;
  readonly roles: readonly string[];
}

/** The databases of an app, in their order, and its roles as a place. */
export function toPlace(
  [database = "", ...further]: readonly string[],
  roles: readonly string[],
): Place {
  return { database, ...(further.length === 0 ? {} : { further }), roles };
}

export function databasesOf({ database, further = [] }: Place): readonly string[] {
  return [database, ...further];
}
