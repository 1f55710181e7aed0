import { accessAt } from "../../config/derive/names.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import { when } from "../../when.ts";
import type { Catalog, LiveRole, ServerFacts } from "../catalog/catalog.ts";
import { hasMaintain } from "../plan/access.ts";
import { type DatabasePlan, hasVaultLogins, isGroupRole } from "../plan/plan.ts";
import type { AppProblem, PostgresProblem } from "./problem.ts";
import { listAttributes } from "./roles/attributes.ts";
import { decideOwnership } from "./roles/identity.ts";

/** Oldest server that Berth is tested with. */
const oldestVersion = 140000;

type Pinned = Pick<PostgresSpec, "systemIdentifier">;

/** Why the server is not the one that the stack pins. Pure. */
export function findIdentityProblem(
  facts: ServerFacts,
  postgres: Pinned,
): PostgresProblem | undefined {
  return postgres.systemIdentifier === undefined
    ? toUnpinned(facts)
    : findOtherServer(facts, postgres);
}

export function toUnpinned({ systemIdentifier }: ServerFacts): PostgresProblem {
  return {
    code: "server-not-pinned",
    at: "berth:postgres.systemIdentifier",
    what: `the stack does not say which server it is for; the one that answered has system_identifier ${systemIdentifier}`,
    fix: `if that is the right one, add to the stack file under berth:postgres: systemIdentifier: "${systemIdentifier}"`,
  };
}

/** The stack pins another server; undefined also where it pins none. */
export function findOtherServer(facts: ServerFacts, postgres: Pinned): PostgresProblem | undefined {
  if (postgres.systemIdentifier === undefined) return undefined;
  if (postgres.systemIdentifier === facts.systemIdentifier) return undefined;
  return {
    code: "server-other",
    at: "berth:postgres.endpoint",
    what:
      `this is another server than the stack is for: it has system_identifier ${facts.systemIdentifier}, ` +
      `the stack expects ${postgres.systemIdentifier} (berth:postgres.systemIdentifier). Nothing was written`,
    fix: "check the context, namespace and Service of berth:postgres.endpoint",
  };
}

export function findServerProblems(
  facts: ServerFacts,
  postgres: Pick<PostgresSpec, "reserved">,
): PostgresProblem[] {
  const { admin, isSuperuser } = facts;
  const at = "berth:postgres.endpoint";
  return [
    ...when<PostgresProblem>(facts.versionNumber < oldestVersion, {
      code: "server-too-old",
      at,
      what: `its version is ${formatVersion(facts.versionNumber)}; Berth needs 14 or newer`,
      fix: "update the server",
    }),
    ...when<PostgresProblem>(facts.isStandby, {
      code: "server-is-standby",
      at,
      what: "it is a standby, which is read-only",
      fix: "point berth:postgres.endpoint at the primary's Service, or at its Pod by a selector, as role=primary",
    }),
    ...when<PostgresProblem>(!isSuperuser && !facts.canCreateRole, {
      code: "admin-lacks-createrole",
      at: "berth:postgres.adminItem",
      what: `role "${admin}" may not create roles`,
      fix: `as a superuser run: ALTER ROLE "${admin}" CREATEROLE`,
    }),
    ...when<PostgresProblem>(!isSuperuser && !facts.canCreateDatabase, {
      code: "admin-lacks-createdb",
      at: "berth:postgres.adminItem",
      what: `role "${admin}" may not create databases`,
      fix: `as a superuser run: ALTER ROLE "${admin}" CREATEDB`,
    }),
    ...when<PostgresProblem>(postgres.reserved.includes(admin), {
      code: "admin-is-reserved",
      at: "berth:postgres.adminItem",
      what: `role "${admin}" is reserved and cannot be the admin`,
      fix: "name another role in berth:postgres.adminItem (or adminUser), or take the role out of berth:postgres.reserved",
    }),
  ];
}

/**
 * Releases in which `ALTER ROLE … SET role` has no effect.
 * @see https://www.postgresql.org/docs/release/17.2/
 */
const forgetsRole: ReadonlySet<number> = new Set([140_014, 150_009, 160_005, 170_001]);

/** What a plan needs and this server's version does not support. */
export function findPlanProblems(plan: DatabasePlan, facts: ServerFacts): AppProblem[] {
  const { app, roles } = plan;
  const { versionNumber } = facts;
  const version = formatVersion(versionNumber);
  const setting = hasVaultLogins(plan) ? "credentials: vault" : "owner.rotation: two-logins";
  const isBroken = roles.some(isGroupRole) && forgetsRole.has(versionNumber);
  const unsupported = versionNumber < 170_000 ? roles.filter(hasMaintain) : [];
  return [
    ...when(isBroken, {
      code: "set-role-broken" as const,
      app,
      at: "roles.owner",
      what: `${setting} needs ALTER ROLE … SET role, which has no effect on Postgres ${version}`,
      fix: `update the server to ${formatVersion(versionNumber + 1)} or newer`,
    }),
    ...unsupported.map(({ key }) => ({
      code: "maintain-unsupported" as const,
      app,
      at: `roles.${key}.grants.table`,
      what: `MAINTAIN needs Postgres 17, and this server is ${version}`,
      fix: `take MAINTAIN out of ${accessAt(app, key)}.privileges.tables`,
    })),
  ];
}

/** Why an existing ownership role is not one that Berth creates for this stack. */
export function findOwnershipRoleProblem(
  catalog: Catalog,
  postgres: Pick<PostgresSpec, "ownershipRole" | "stack">,
): PostgresProblem | undefined {
  const live = catalog.roles.get(postgres.ownershipRole);
  if (live === undefined) return undefined;
  if (!hasRights(live)) return decideOwnership(live, postgres.stack).problem;
  return {
    code: "ownership-role-has-rights",
    at: "berth:postgres.ownershipRole",
    what: `role "${live.name}" exists and can log in or has rights, so it is not the ownership role that Berth makes`,
    fix: "set berth:postgres.ownershipRole to a name that is free",
  };
}

/** Whether a role has rights of its own, which its members could use with SET ROLE. */
function hasRights(role: LiveRole): boolean {
  return (
    role.canLogin ||
    listAttributes(role).length > 0 ||
    role.memberOf.length > 0 ||
    role.ownedDatabases.length > 0
  );
}

/** `180004` → `18.4`. */
export function formatVersion(versionNumber: number): string {
  return `${String(Math.floor(versionNumber / 10000))}.${String(versionNumber % 10000)}`;
}
