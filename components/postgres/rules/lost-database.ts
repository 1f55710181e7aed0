import type { LiveDatabase } from "../catalog/catalog.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import type { AppProblem } from "./problem.ts";

/** pg_database.datconnlimit of an invalid database: Postgres sets it before a drop, which did not finish. */
const halfDropped = -2;

/**
 * Why an app's database can neither be used nor created. A database that was there and is gone, or half dropped,
 * is not created again: an empty one would look as if nothing was lost.
 */
export function findLostProblem(
  { app, database: { name, encoding } }: Pick<DatabasePlan, "app" | "database">,
  live: Pick<LiveDatabase, "connectionLimit" | "encoding"> | undefined,
  known: { readonly isKnown: boolean; readonly recreate: boolean },
): AppProblem | undefined {
  const recreate = `set berth:apps.${app}.database.recreate to true`;
  if (live?.connectionLimit === halfDropped) {
    return {
      ...{ code: "database-half-dropped", app, at: "database" },
      what: `an interrupted DROP DATABASE left database "${name}" half dropped, and what it held is lost`,
      fix: `DROP DATABASE "${name}", which is all that works on it; then restore it from a backup, or ${recreate} for an empty one`,
    };
  }
  if (live !== undefined && live.encoding !== encoding) {
    return {
      ...{ code: "encoding-differs", app, at: "database.encoding" },
      what: `database "${name}" has encoding ${live.encoding}, which cannot change`,
      fix: `set berth:apps.${app}.database.encoding to ${live.encoding}`,
    };
  }
  if (live !== undefined || !known.isKnown || known.recreate) return undefined;
  return {
    ...{ code: "database-lost", app, at: "database" },
    what: `database "${name}" was there and is gone, and an empty one in its place would look as if all were well`,
    fix: `to restore it: CREATE DATABASE "${name}" with its owner, pg_restore into it, pulumi up. To go on with an empty one: ${recreate}, pulumi up, and take the key out again`,
  };
}
