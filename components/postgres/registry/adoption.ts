import type { Client } from "pg";
import type { ObjectType } from "../../config/privileges.ts";
import { findUnwritable } from "../../config/rules/content.ts";
import type { Catalog, LiveRole } from "../catalog/catalog.ts";
import { queryFile } from "../catalog/query.ts";
import { searchPathOf } from "../catalog/settings.ts";
import type { DatabasePlan, PlannedGrant } from "../plan/plan.ts";
import type { AppProblem } from "../rules/problem.ts";

/**
 * What the registry's resources would lose of an app that was made by hand. With every change of a role they
 * revoke and grant its memberships again, and they grant privileges on everything in a schema. Berth's own
 * provider sends only what is missing.
 */

/** What a grant on everything in a schema would change. */
export interface UnstatedGrant {
  /** `option`: with grant option. `column`: on a column. `foreign`: the object belongs to `role`. */
  readonly kind: "option" | "column" | "foreign";
  readonly type: ObjectType;
  readonly schema: string;
  readonly name: string;
  readonly role: string;
}

/** Reads them in the app's database. */
export async function inspectUnstatedGrants(
  client: Client,
  plan: DatabasePlan,
): Promise<readonly UnstatedGrant[]> {
  const roles = plan.roles.map(({ name }) => name);
  const scope = [roles, plan.schemas, plan.database.owner];
  return await queryFile(client, "../registry/sql/grants", scope);
}

/** What else changes if the registry's resources adopt an app, and why they cannot. */
interface RegistryAdoption {
  readonly changes: readonly string[];
  readonly losses: readonly AppProblem[];
}

/**
 * Decides about an app with `adopt: true`. Pure. It also applies to roles of the stack: Berth's own provider may
 * have adopted them and kept their options.
 */
export function decideRegistryAdoption(
  plan: DatabasePlan,
  { roles, server }: Pick<Catalog, "roles" | "server">,
  grants: readonly UnstatedGrant[],
  ownershipRole: string,
): RegistryAdoption {
  const all = plan.roles.flatMap(({ name }) => roles.get(name) ?? []);
  const others = all.filter(({ memberOf }) => !memberOf.includes(ownershipRole));
  const losses = [
    ...all.flatMap((role) => findRoleLosses(role, roles, ownershipRole)),
    ...others.flatMap(({ name }) => findGrantLosses(name, plan.grants, grants)),
    ...findForeign(plan, grants),
  ];
  const { app } = plan;
  const fix = `set berth:apps.${app}.provisioner to berth, which leaves that as it is`;
  return {
    changes: others.flatMap(({ name, memberships }) =>
      memberships.map(
        ({ group }) =>
          `adopting: app ${app}: role "${name}": its membership in "${group}" is granted again, by "${server.admin}"`,
      ),
    ),
    losses: losses.map((what) => ({
      code: "registry-would-lose",
      app,
      at: "provisioner",
      what,
      fix,
    })),
  };
}

const unreadable = ["statement_timeout", "idle_in_transaction_session_timeout"];

function findRoleLosses(live: LiveRole, roles: Catalog["roles"], ownershipRole: string): string[] {
  const { name, inherits } = live;
  const at = `role "${name}"`;
  const own = live.memberships.filter(({ group }) => group !== ownershipRole);
  const options = own.filter(
    (one) =>
      one.isAdmin === true || one.maySetRole === false || (one.inherits ?? inherits) !== inherits,
  );
  const closed = own.filter(({ group }) => roles.get(group)?.adminMayAlter !== true);
  const timeouts = live.settings.filter((setting) => {
    const [name = "", value = ""] = setting.split("=");
    return unreadable.includes(name) && !/^\d+$/.test(value);
  });
  const paths = findUnwritable(searchPathOf(live));
  return [
    ...options.map(
      ({ group }) =>
        `${at} is a member of "${group}" with options (ADMIN, INHERIT, SET) that provisioner postgresql would put back to their defaults`,
    ),
    ...closed.map(
      ({ group }) =>
        `${at} is a member of "${group}", which provisioner postgresql grants again, and the admin may not`,
    ),
    ...timeouts.map(
      (setting) =>
        `${at} has ${setting}, which provisioner postgresql can only read in milliseconds`,
    ),
    ...paths.map(
      (part) =>
        `${at} has ${JSON.stringify(part)} in its search_path, which provisioner postgresql cannot write`,
    ),
  ];
}

function findGrantLosses(
  role: string,
  grants: readonly PlannedGrant[],
  unstated: readonly UnstatedGrant[],
): string[] {
  return unstated
    .filter((one) => one.kind !== "foreign" && one.role === role && isCovered(one, grants, role))
    .map(({ kind, type, schema, name }) => {
      const where = type === "database" ? `database ${name}` : `${type} ${schema}.${name}`;
      return kind === "column"
        ? `role "${role}" has privileges on the column ${schema}.${name}, which provisioner postgresql would take away`
        : `role "${role}" may pass on its privileges on ${where}, which provisioner postgresql would take away`;
    });
}

/** Registry grants apply to every object in a schema, whoever owns it, including an extension's objects. */
function findForeign(plan: DatabasePlan, unstated: readonly UnstatedGrant[]): string[] {
  const found = unstated.filter((one) => one.kind === "foreign" && isCovered(one, plan.grants));
  if (found.length === 0) return [];
  const shown = found.slice(0, 5).map(({ schema, name, role }) => `${schema}.${name} (${role})`);
  const more = found.length > 5 ? ` and ${String(found.length - 5)} more` : "";
  return [
    `provisioner postgresql gives the app's roles their privileges on what others own as well: ${shown.join(", ")}${more}`,
  ];
}

function isCovered(
  { type, schema }: UnstatedGrant,
  grants: readonly PlannedGrant[],
  grantee?: string,
): boolean {
  return grants.some(
    ({ on, ...grant }) =>
      on.type === type &&
      (on.type === "database" || on.schema === schema) &&
      (grantee === undefined || grant.grantee === grantee),
  );
}
