import { escapeIdentifier } from "pg";
import type { Catalog, LiveDatabase } from "../catalog/catalog.ts";
import type { DatabasePlan } from "../plan/plan.ts";

/** What Postgres puts into datconnlimit while it drops a database, and leaves there if it is stopped. */
const halfDropped = -2;

/**
 * Why an app's database can neither be used nor made: it was there and is gone, or is half gone. An
 * empty one in its place would look as if all were well.
 */
export function findLostProblem(
  app: string,
  database: string,
  live: Pick<LiveDatabase, "connectionLimit"> | undefined,
  known: { readonly isKnown: boolean; readonly recreate: boolean },
): string | undefined {
  const key = `berth:apps.${app}.database.recreate`;
  if (live?.connectionLimit === halfDropped) {
    return (
      `app ${app}: an interrupted DROP DATABASE left database "${database}" half dropped, and what it held is lost; nothing but DROP DATABASE "${database}" works on it. ` +
      `Then restore it from a backup, or set ${key} to true for an empty one`
    );
  }
  if (live !== undefined || !known.isKnown || known.recreate) return undefined;
  return (
    `app ${app}: database "${database}" was there and is gone, and an empty one in its place would look as if all were well. ` +
    `To restore it: CREATE DATABASE "${database}" with its owner, pg_restore into it, pulumi up. ` +
    `To go on with an empty one: set ${key} to true, pulumi up, and take the key out again`
  );
}

/**
 * Why nothing is done about a database that state knows, and that another role owns by now. An entry that
 * names another owner is not meant: that one is not the stack's yet.
 */
export function findTakenProblem(
  { app, database: { name, owner } }: Pick<DatabasePlan, "app" | "database">,
  { databases, roles }: Pick<Catalog, "databases" | "roles">,
  ownershipRole: string,
): string | undefined {
  const live = databases.get(name);
  if (live === undefined || live.owner === owner) return undefined;
  if (roles.get(owner)?.memberOf.includes(ownershipRole) !== true) return undefined;
  return (
    `app ${app}: database "${name}" belongs to role "${live.owner}", not to "${owner}"; Berth never changes an owner. ` +
    `Set berth:apps.${app}.owner.name to "${live.owner}", or, where somebody took it away, give it back: ` +
    `ALTER DATABASE ${escapeIdentifier(name)} OWNER TO ${escapeIdentifier(owner)}`
  );
}
