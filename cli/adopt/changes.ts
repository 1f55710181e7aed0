import type { AppEntry } from "../../components/config/schema/stack.ts";
import type { Problem } from "../../components/errors.ts";
import type { LiveAccess } from "../../components/postgres/catalog/access.ts";
import type { LiveDatabase } from "../../components/postgres/catalog/catalog.ts";
import { grantedTo } from "../../components/postgres/diff/access/privileges.ts";
import { PUBLIC } from "../../components/postgres/plan/plan.ts";
import { type Action, isAboutOwnershipRole } from "../../components/postgres/statements/actions.ts";

/** What an adoption may do. Pure. Everything else keeps an entry from being proposed. */

/** False for a problem that the verb helps with: it prints the statements that give the admin the right. */
export function isNotForLater({ code }: Problem): boolean {
  return code !== "role-out-of-reach";
}

/** An action of every adoption: the roles become members of the ownership role, and the admin of the owner. */
export function isAdoption(action: Action, ownershipRole: string): boolean {
  if (isAboutOwnershipRole(action) || action.kind === "join-admin") return true;
  return action.kind === "join" && action.group === ownershipRole;
}

/**
 * A privilege that makes a profile whole for a role that somebody gave only what was there: on what the owner will
 * create, on sequences, or what PUBLIC has anyway. Nothing that exists in a table becomes readable by it.
 */
export function isAddition(
  action: Action,
  roles: ReadonlySet<string>,
  database: Pick<LiveDatabase, "privileges">,
  { objects }: Pick<LiveAccess, "objects">,
): boolean {
  if (!("grantee" in action) || !roles.has(action.grantee)) return false;
  if (action.kind === "grant-default") return true;
  if (action.kind !== "grant") return false;
  const { on, privileges } = action;
  if (on.type === "sequence") return true;
  const ofPublic =
    on.type === "database"
      ? grantedTo("PUBLIC", database.privileges)
      : objects
          .filter((object) => on.type === "schema" && object.type === "schema")
          .filter(({ schema }) => schema === on.schema)
          .flatMap((object) => grantedTo(PUBLIC, object.privileges));
  return privileges.every((privilege) => ofPublic.includes(privilege));
}

/** Whether the last role that an entry got may do something. A role that may do nothing is not a login of the app. */
export function hasMoreLogins(entry: AppEntry, before: AppEntry): boolean {
  return Object.entries(entry.roles ?? {}).some(
    ([key, { profile, privileges = {} }]) =>
      before.roles?.[key] === undefined &&
      (profile !== undefined || Object.keys(privileges).length > 0),
  );
}
