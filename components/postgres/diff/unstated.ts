import { escapeIdentifier as id } from "pg";
import { compareText } from "../../sort.ts";
import type { LiveAccess } from "../catalog/access.ts";
import type { Catalog, LiveMembership, LiveRole } from "../catalog/catalog.ts";
import { membersByGroup } from "../catalog/members.ts";
import type { LiveUnlisted } from "../catalog/unlisted.ts";
import { type DatabasePlan, hasVaultLogins, isFurther, type PlannedRole } from "../plan/plan.ts";
import type { AppProblem } from "../rules/problem.ts";
import { withLiveSchemas } from "./access/decide.ts";
import { findGrantOptions } from "./access/grantors.ts";
import { findUnlistedTables } from "./publications.ts";
import {
  findMissingObjects,
  findObjects,
  findSchemas,
  findSettings,
  toGuestFix,
} from "./unlisted.ts";

interface UnstatedFacts {
  /** With all roles of the server. */
  readonly catalog: Catalog;
  readonly access?: LiveAccess | undefined;
  /** undefined = not read, and nothing is found. */
  readonly unlisted?: LiveUnlisted | undefined;
}

/** The roles of the server, and which of them are the stack's. */
interface Roles {
  readonly catalog: Catalog;
  readonly ownershipRole: string;
}

/**
 * What the server holds about an app's roles and database, the entry does not state, and Berth does not change,
 * because others made it. Pure. Each has an entry that states it as wanted, or a statement that ends it.
 */
export function findUnstated(
  given: DatabasePlan,
  { catalog, access, unlisted }: UnstatedFacts,
  ownershipRole: string,
): AppProblem[] {
  const database = catalog.databases.get(given.database.name);
  if (database === undefined || access === undefined || unlisted === undefined) return [];
  const plan = withLiveSchemas(given, access);
  const roles = { catalog, ownershipRole };
  return [
    ...(isFurther(plan)
      ? []
      : [
          ...plan.roles.flatMap((role) => findOptions(plan, role, roles)),
          ...findMembers(plan, roles),
        ]),
    ...findGrantOptions(plan, { server: catalog.server, database, access }),
    ...findObjects(plan, unlisted),
    ...findSchemas(plan, unlisted),
    ...findMissingObjects(plan, access),
    ...findUnlistedTables(plan, access),
    ...findSettings(plan, catalog, unlisted),
  ];
}

/** Since 16 a membership has a grantor, and a statement changes only what that one granted. */
function grantedBy({ server }: Catalog, { grantor }: LiveMembership): string {
  return server.versionNumber < 160_000 ? "" : ` GRANTED BY ${id(grantor)}`;
}

/** Stated memberships with other options than a plain GRANT: with ADMIN, or without INHERIT or SET. */
function findOptions(
  plan: DatabasePlan,
  { key, name, memberOf }: PlannedRole,
  { catalog, ownershipRole }: Roles,
): AppProblem[] {
  const { memberships = [] } = catalog.roles.get(name) ?? {};
  const about = { app: plan.app, at: `roles.${key}.memberOf` };
  const stated = memberships.filter(({ group }) => memberOf.includes(group));
  const admins = stated.filter(({ isAdmin }) => isAdmin === true);
  const byGroup = [...Map.groupBy(stated, ({ group }) => group)];
  return [
    ...admins.map((one) => ({
      code: "membership-option" as const,
      ...about,
      what: `role "${name}" has the ADMIN option on role "${one.group}", so it can make others a member; "${one.grantor}" granted it`,
      fix: `as a superuser: REVOKE ADMIN OPTION FOR ${id(one.group)} FROM ${id(name)}${grantedBy(catalog, one)}`,
    })),
    ...byGroup.flatMap(([group, [first, ...rest]]) => {
      // An ownership role has no privileges that a member could use.
      if (first === undefined || group === ownershipRole) return [];
      const lost = findLostOptions([first, ...rest]);
      if (lost.length === 0) return [];
      const given = lost.map((option) => `${option} TRUE`).join(", ");
      const isAttribute = catalog.server.versionNumber < 160_000;
      const grant = `GRANT ${id(group)} TO ${id(name)} WITH ${given}${grantedBy(catalog, first)}`;
      return {
        code: "membership-option" as const,
        ...about,
        what: `role "${name}" is a member of role "${group}" without ${lost.join(" and ")}; "${first.grantor}" granted it`,
        fix: `as a superuser: ${isAttribute ? `ALTER ROLE ${id(name)} INHERIT` : grant}`,
      };
    }),
  ];
}

/** One grantor that gives an option is enough. */
function findLostOptions(memberships: readonly LiveMembership[]): string[] {
  return [
    ...(memberships.some(({ inherits }) => inherits !== false) ? [] : ["INHERIT"]),
    ...(memberships.some(({ maySetRole }) => maySetRole !== false) ? [] : ["SET"]),
  ];
}

/** Roles of others that are members of the app's roles, and so may do what these may. */
function findMembers(plan: DatabasePlan, roles: Roles): AppProblem[] {
  const own = new Map(plan.roles.map(({ name, key }) => [name, key]));
  const members = membersByGroup(roles.catalog.roles);
  const all = new Set([...own.keys()].flatMap((name) => members.get(name) ?? []));
  return [...all]
    .toSorted((a, b) => compareText(a.name, b.name))
    .filter((member) => !own.has(member.name) && !isExpected(plan, member, roles))
    .flatMap((member) =>
      member.memberships
        .filter((one) => own.has(one.group) && !isOnlyAdministration(plan, member, one))
        .map((one) => ({
          code: "member-unlisted" as const,
          app: plan.app,
          at: `roles.${own.get(one.group) ?? ""}.members`,
          what: `role "${member.name}" is a member of role "${one.group}", so it may do what that may; "${one.grantor}" granted it`,
          fix: `as a superuser: REVOKE ${id(one.group)} FROM ${id(member.name)}${grantedBy(roles.catalog, one)}; or, to keep it, ${toGuestFix(plan, member.name)}`,
        })),
    );
}

/** The admin, a guest, a role of the stack, whose memberships another entry states, and a login that Vault made. */
function isExpected(
  { database }: DatabasePlan,
  { name, memberOf, settings }: LiveRole,
  { catalog, ownershipRole }: Roles,
): boolean {
  return (
    name === catalog.server.admin ||
    database.guests?.includes(name) === true ||
    memberOf.includes(ownershipRole) ||
    settings.includes(`role=${database.owner}`)
  );
}

/** The role that made another one has it with ADMIN alone, and Vault's own login needs that for its logins. */
function isOnlyAdministration(
  plan: DatabasePlan,
  member: LiveRole,
  { grantor, isAdmin, maySetRole }: LiveMembership,
): boolean {
  const isOfCreator = member.canCreateRole && (grantor === member.name || maySetRole === false);
  return isAdmin === true && (isOfCreator || hasVaultLogins(plan));
}
