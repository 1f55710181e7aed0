import { escapeIdentifier } from "pg";
import { when } from "../../../when.ts";
import type { Catalog, LiveRole } from "../../catalog/catalog.ts";
import type { DatabasePlan, PlannedDatabase, PlannedRole } from "../../plan/plan.ts";
import { listUnstated, toRevokeAttributes } from "./attributes.ts";
import { findForeignOwner } from "./identity.ts";

/** Which existing roles an app could have. Pure. */

/** Why Berth does not manage a role, and what helps other than another role. */
export function findRights(
  live: LiveRole,
  { server }: Catalog,
  { name: database, names = [database] }: Pick<PlannedDatabase, "name" | "names">,
  stated: Pick<PlannedRole, "replication"> = {},
): readonly { readonly reason: string; readonly instead: string }[] {
  if (live.name === server.admin) return [{ reason: "is the admin role itself", instead: "" }];
  const attributes = listUnstated(live, stated);
  const others = live.ownedDatabases.filter((name) => !names.includes(name));
  return [
    ...when(attributes.length > 0, {
      reason: attributes
        .map((one) => (one === "SUPERUSER" ? "is a superuser" : `has ${one}`))
        .join(" and "),
      instead: `; or, if it does not need that, as a superuser run: ${toRevokeAttributes(live.name, attributes)}`,
    }),
    ...others.map((name) => ({
      reason: `owns the database "${name}" as well`,
      instead: `, or give that database another owner (ALTER DATABASE ${escapeIdentifier(name)} OWNER TO …)`,
    })),
  ];
}

/** What to do about a database that belongs to another role than its entry says. */
export function fixOwner(
  { app, database }: DatabasePlan,
  { owner, isTaken, mayOwn }: { owner: string; isTaken: boolean; mayOwn: boolean },
): string {
  const id = escapeIdentifier;
  const back = `if it is the app's own, as a superuser run: ALTER DATABASE ${id(database.name)} OWNER TO ${id(database.owner)}`;
  return [
    ...(isTaken ? [back] : []),
    ...(mayOwn ? [`set berth:apps.${app}.owner.name to "${owner}"`] : []),
    database.names === undefined
      ? `set berth:apps.${app}.database.name to another name`
      : `give it another name in berth:apps.${app}.database.names`,
  ].join("; or ");
}

export function mayManage(
  role: string,
  { database }: DatabasePlan,
  catalog: Catalog,
  known: { readonly ownershipRole: string; readonly isReserved: (role: string) => boolean },
): boolean {
  const live = catalog.roles.get(role);
  return (
    live !== undefined &&
    !known.isReserved(role) &&
    findForeignOwner(live, known.ownershipRole) === undefined &&
    findRights(live, catalog, database).length === 0
  );
}
