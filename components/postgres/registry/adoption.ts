import { readFileSync } from "node:fs";
import type { Client } from "pg";
import type { ObjectType } from "../../config/privileges.ts";
import { type Catalog, type LiveRole, toCamelCase } from "../catalog/catalog.ts";
import { searchPathOf } from "../catalog/settings.ts";
import type { DatabasePlan, PlannedGrant, PlannedRole } from "../plan/plan.ts";
import type { AppProblem } from "../rules/problem.ts";

/**
 * What the registry's resources would lose of an app that was made by hand. With every change of a role they
 * revoke and grant its memberships again, and they grant privileges on everything in a schema. Berth's own
 * provider sends only what is missing.
 */

const sql = (name: string): string =>
  readFileSync(new URL(`sql/${name}.sql`, import.meta.url), "utf8");

const membershipsSql = sql("memberships");
const grantsSql = sql("grants");

/** A membership. Every change of the role revokes and grants it again. */
interface LiveMembership {
  readonly role: string;
  readonly group: string;
  /** Whether it has options that would be lost. */
  readonly hasOptions: boolean;
  readonly isOursToGrant: boolean;
}

/** What a grant on everything in a schema would change. */
interface UnstatedGrant {
  /** `option`: with grant option. `column`: on a column. `foreign`: the object belongs to `role`. */
  readonly kind: "option" | "column" | "foreign";
  readonly type: ObjectType;
  readonly schema: string;
  readonly name: string;
  readonly role: string;
}

/** Memberships of an app's roles and privileges in its database that the registry's resources would change. */
export interface UnstatedGrants {
  readonly memberships: readonly LiveMembership[];
  /** Empty if the roles are the stack's: this was decided when they were adopted. */
  readonly grants: readonly UnstatedGrant[];
}

/** Reads the memberships of roles. */
export async function inspectMemberships(
  client: Client,
  roles: readonly string[],
): Promise<UnstatedGrants["memberships"]> {
  const { rows } = await client.query<Record<string, unknown>>(membershipsSql, [roles]);
  return rows.map((row) => toCamelCase(row) as unknown as LiveMembership);
}

/** Reads the privileges in the app's database. */
export async function inspectUnstatedGrants(
  client: Client,
  plan: DatabasePlan,
): Promise<UnstatedGrants["grants"]> {
  const roles = plan.roles.map(({ name }) => name);
  const scope = [roles, plan.schemas, plan.database.owner];
  return (await client.query<UnstatedGrant>(grantsSql, scope)).rows;
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
  unstated: UnstatedGrants,
  ownershipRole: string,
): RegistryAdoption {
  const others = plan.roles.filter(
    ({ name }) => roles.get(name)?.memberOf.includes(ownershipRole) === false,
  );
  const memberships = unstated.memberships.filter(({ group }) => group !== ownershipRole);
  const regranted = memberships.filter(({ role }) => others.some(({ name }) => name === role));
  const losses = [
    ...plan.roles.flatMap((role) => findRoleLosses(role, roles.get(role.name), memberships)),
    ...others.flatMap((role) => findGrantLosses(role, plan.grants, unstated)),
    ...findForeign(plan, unstated),
  ];
  const { app } = plan;
  const fix = `set berth:apps.${app}.provisioner to berth, which leaves that as it is`;
  return {
    changes: regranted.map(
      ({ role, group }) =>
        `adopting: app ${app}: role "${role}": its membership in "${group}" is granted again, by "${server.admin}"`,
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

function findRoleLosses(
  role: PlannedRole,
  live: LiveRole | undefined,
  memberships: UnstatedGrants["memberships"],
): string[] {
  const at = `role "${role.name}"`;
  const own = memberships.filter((one) => one.role === role.name);
  const options = own.filter(({ hasOptions }) => hasOptions);
  const closed = own.filter(({ isOursToGrant }) => !isOursToGrant);
  const timeouts = (live?.settings ?? []).filter((setting) => {
    const [name = "", value = ""] = setting.split("=");
    return unreadable.includes(name) && !/^\d+$/.test(value);
  });
  const paths = live === undefined ? [] : searchPathOf(live).filter((part) => /, |"/.test(part));
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
  role: PlannedRole,
  grants: readonly PlannedGrant[],
  unstated: UnstatedGrants,
): string[] {
  return unstated.grants
    .filter(
      (one) =>
        one.kind !== "foreign" && one.role === role.name && isCovered(one, grants, role.name),
    )
    .map(({ kind, type, schema, name }) => {
      const where = type === "database" ? `database ${name}` : `${type} ${schema}.${name}`;
      return kind === "column"
        ? `role "${role.name}" has privileges on the column ${schema}.${name}, which provisioner postgresql would take away`
        : `role "${role.name}" may pass on its privileges on ${where}, which provisioner postgresql would take away`;
    });
}

/** Registry grants apply to every object in a schema, whoever owns it, including an extension's objects. */
function findForeign(plan: DatabasePlan, unstated: UnstatedGrants): string[] {
  const found = unstated.grants.filter(
    (one) => one.kind === "foreign" && isCovered(one, plan.grants),
  );
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
