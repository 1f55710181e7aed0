import { escapeIdentifier } from "pg";
import { joinFixes } from "../../errors.ts";
import type { LiveDatabase } from "../catalog/catalog.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { showStatement } from "../statements/sql.ts";
import type { AppProblem } from "./problem.ts";

/** pg_database.datconnlimit of an invalid database: Postgres sets it before a drop, which did not finish. */
const halfDropped = -2;

/**
 * Why an app's database can neither be used nor created. A database that was there and is gone, or half dropped,
 * is not created again: an empty one would look as if nothing was lost.
 */
export function findLostProblem(
  { app, database }: Pick<DatabasePlan, "app" | "database">,
  live: Pick<LiveDatabase, "connectionLimit" | "encoding"> | undefined,
  known: { readonly isKnown: boolean; readonly recreate: boolean },
): AppProblem | undefined {
  const { name, encoding } = database;
  const recreate = `set berth:apps.${app}.database.recreate to true`;
  const create = showStatement({ kind: "create-database", database });
  if (live?.connectionLimit === halfDropped) {
    return {
      code: "database-half-dropped",
      app,
      at: "database",
      what: `an interrupted DROP DATABASE left database "${name}" half dropped, and what was in it is lost`,
      fix: joinFixes(
        `the only statement that works on it, as a superuser: DROP DATABASE ${escapeIdentifier(name)}`,
        `then, to restore it from a backup, run as the admin: ${create}; pg_restore into it, and pulumi up`,
        `or, to continue with an empty one: ${recreate}, run pulumi up, and remove the key again`,
      ),
    };
  }
  if (live !== undefined && live.encoding !== encoding) {
    return {
      code: "encoding-differs",
      app,
      at: "database.encoding",
      what: `database "${name}" has encoding ${live.encoding}, which cannot change`,
      fix: `set berth:apps.${app}.database.encoding to ${live.encoding}`,
    };
  }
  if (live !== undefined || !known.isKnown || known.recreate) return undefined;
  return {
    code: "database-lost",
    app,
    at: "database",
    what: `database "${name}" was there and is gone; Berth does not make an empty one in its place by itself`,
    fix: joinFixes(
      `to restore it, run as the admin: ${create}; then pg_restore into it, and pulumi up`,
      `to continue with an empty one: ${recreate}, run pulumi up, and remove the key again`,
    ),
  };
}
