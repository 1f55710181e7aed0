import type { PostgresSpec } from "../../config/spec.ts";
import type { Catalog, LiveRole, ServerFacts } from "../catalog/catalog.ts";
import { type DatabasePlan, hasLoginsOfVault, isGroup } from "../plan/plan.ts";
import { decideOwnership } from "./identity.ts";

/** Oldest server that Berth is tested with. */
const oldestVersion = 140000;

/** What is wrong with a server, and what to do about it. */
export interface ServerProblem {
  readonly about: "server" | "admin";
  readonly what: string;
  readonly fix: string;
}

/** The identifier that a stack pins and the one that answered; pure, so that it can be shown anywhere. */
export function findIdentityRuleProblem(
  facts: ServerFacts,
  postgres: Pick<PostgresSpec, "systemIdentifier">,
): ServerProblem | undefined {
  if (postgres.systemIdentifier === undefined) {
    return {
      about: "server",
      what: `the stack does not say which server it is for; the one that answered has system_identifier ${facts.systemIdentifier}`,
      fix: `If that is the right one, add to the stack file under berth:postgres: systemIdentifier: "${facts.systemIdentifier}"`,
    };
  }
  if (postgres.systemIdentifier === facts.systemIdentifier) return undefined;
  return {
    about: "server",
    what:
      `this is another server than the stack is for: it has system_identifier ${facts.systemIdentifier}, ` +
      `the stack expects ${postgres.systemIdentifier} (berth:postgres.systemIdentifier). Nothing was written`,
    fix: "Check the context, namespace and Service of berth:postgres.endpoint",
  };
}

/** The same as one text. */
export function findIdentityProblem(
  facts: ServerFacts,
  postgres: Pick<PostgresSpec, "systemIdentifier">,
): string | undefined {
  const problem = findIdentityRuleProblem(facts, postgres);
  return problem === undefined ? undefined : `${problem.what}. ${problem.fix}`;
}

/** What makes a server unfit, besides being another one. */
export function findServerRuleProblems(
  facts: ServerFacts,
  postgres: Pick<PostgresSpec, "reserved">,
): ServerProblem[] {
  const { admin } = facts;
  const mayNot = (what: string, attribute: string): ServerProblem => ({
    about: "admin",
    what: `role "${admin}" may not ${what}`,
    fix: `as a superuser run: ALTER ROLE "${admin}" ${attribute}`,
  });
  return [
    ...(facts.versionNumber < oldestVersion
      ? [
          {
            about: "server" as const,
            what: `its version is ${formatVersion(facts.versionNumber)}`,
            fix: "Berth needs 14 or newer",
          },
        ]
      : []),
    ...(facts.isStandby
      ? [
          {
            about: "server" as const,
            what: "it is a standby, which is read-only",
            fix: "point berth:postgres.endpoint at the primary's Service",
          },
        ]
      : []),
    ...(facts.isSuperuser || facts.canCreateRole ? [] : [mayNot("create roles", "CREATEROLE")]),
    ...(facts.isSuperuser || facts.canCreateDatabase
      ? []
      : [mayNot("create databases", "CREATEDB")]),
    ...(postgres.reserved.includes(admin)
      ? [
          {
            about: "admin" as const,
            what: `role "${admin}" is reserved and cannot be the admin`,
            fix: "name another item in berth:postgres.adminItem, or take the role out of berth:postgres.reserved",
          },
        ]
      : []),
  ];
}

/** The same as texts. */
export function findServerProblems(
  facts: ServerFacts,
  postgres: Pick<PostgresSpec, "reserved">,
): string[] {
  return findServerRuleProblems(facts, postgres).map(({ what, fix }) => `${what}; ${fix}`);
}

/**
 * Releases in which `ALTER ROLE … SET role` has no effect.
 * @see https://www.postgresql.org/docs/release/17.2/
 */
const forgetsRole: ReadonlySet<number> = new Set([140_014, 150_009, 160_005, 170_001]);

/** What a plan asks for that this server does not know yet. */
export function findPlanProblems(plan: DatabasePlan, facts: ServerFacts): string[] {
  const { versionNumber } = facts;
  if (plan.roles.some(isGroup) && forgetsRole.has(versionNumber)) {
    const setting = hasLoginsOfVault(plan) ? "credentials: vault" : "owner.rotation: two-logins";
    return [
      `berth:apps.${plan.app}.${setting} needs ALTER ROLE … SET role, which Postgres ${formatVersion(versionNumber)} does not heed; update the server to ${formatVersion(versionNumber + 1)} or newer`,
    ];
  }
  if (facts.versionNumber >= 170_000) return [];
  const asking = plan.grants.filter(({ privileges }) => privileges.includes("MAINTAIN"));
  const roles = plan.roles.filter(({ name }) => asking.some(({ grantee }) => grantee === name));
  return roles.map(
    ({ key }) =>
      `berth:apps.${plan.app}.roles.${key}.privileges.tables: MAINTAIN needs Postgres 17, and this server is ${formatVersion(facts.versionNumber)}; take it out`,
  );
}

/** Why the ownership role, if it exists, is not the one that Berth makes for this stack. */
export function findOwnershipRoleProblem(
  catalog: Catalog,
  postgres: Pick<PostgresSpec, "ownershipRole" | "stack">,
): string | undefined {
  const live = catalog.roles.get(postgres.ownershipRole);
  if (live === undefined) return undefined;
  if (!hasRights(live)) return decideOwnership(live, postgres.stack).problem;
  return (
    `role "${live.name}" exists and can log in or has rights, so it is not the ownership role that Berth makes; ` +
    "set berth:postgres.ownershipRole to a name that is free"
  );
}

/** Whether a role is more than a name: its members could take any of this with SET ROLE. */
function hasRights(role: LiveRole): boolean {
  return (
    role.canLogin ||
    role.isSuperuser ||
    role.canCreateRole ||
    role.canCreateDatabase ||
    role.canReplicate ||
    role.bypassesRls ||
    role.memberOf.length > 0 ||
    role.ownedDatabases.length > 0
  );
}

/** `180004` → `18.4`. */
export function formatVersion(versionNumber: number): string {
  return `${String(Math.floor(versionNumber / 10000))}.${String(versionNumber % 10000)}`;
}
