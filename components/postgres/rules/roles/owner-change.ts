import { escapeIdentifier as id } from "pg";
import { commandLine } from "../../../command-line.ts";
import type { Catalog, LiveDatabase } from "../../catalog/catalog.ts";
import type { DatabasePlan } from "../../plan/plan.ts";
import { toNewOwner } from "../../statements/hand-over.ts";

/**
 * How a person gives a database the owner of its entry. Berth never does it: the old owner's sessions, and all
 * that names it, would lose their database.
 */
export function fixOwnerByHand(
  { app, database }: Pick<DatabasePlan, "app" | "database">,
  live: Pick<LiveDatabase, "name" | "owner">,
  { roles, server }: Catalog,
): string {
  const former = roles.get(live.owner);
  const { owner } = database;
  // REASSIGN OWNED refuses for a superuser that made the server, and it also moves the other databases of a role.
  if (former === undefined || former.isSuperuser || former.ownedDatabases.length > 1) {
    return `to make "${owner}" its owner, run ${commandLine("adopt", app)}, which prints the statements for that`;
  }
  const statements = [
    ...toNewOwner({ database: live.name, owner, isNew: !roles.has(owner), server }),
    `REASSIGN OWNED BY ${id(live.owner)} TO ${id(owner)};`,
  ];
  return `to make "${owner}" its owner, stop the app, run as a superuser, in database ${live.name}: ${statements.join(" ")} then set berth:apps.${app}.adopt to true`;
}
