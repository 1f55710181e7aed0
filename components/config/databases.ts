import type { AppSpec } from "./spec.ts";

/** The app once for each of its databases, with that one as `database.name`. */
export function eachDatabase(app: AppSpec): readonly [AppSpec, ...AppSpec[]] {
  const [first, ...further] = app.database.names;
  const of = (name: string): AppSpec => ({ ...app, database: { ...app.database, name } });
  return [of(first), ...further.map(of)];
}
