import { isOfVault, isRoleBeside, roleNamesOf } from "../../components/config/logins.ts";
import { reservedReason } from "../../components/config/rules/names.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { toOneError } from "../../components/errors.ts";
import type { Catalog } from "../../components/postgres/catalog/catalog.ts";
import { decideApp } from "../../components/postgres/diff/decide-app.ts";
import { planDatabases } from "../../components/postgres/plan/plan.ts";
import type { PostgresProblem } from "../../components/postgres/rules/problem.ts";
import {
  findIdentityProblem,
  findOwnershipRoleProblem,
  findServerProblems,
  formatVersion,
} from "../../components/postgres/rules/server.ts";
import { type Passed, warn } from "./report.ts";

/** What the admin sees of the server: all roles and databases, and the admin's own session. */
export interface ServerState {
  readonly catalog: Catalog;
  readonly isEncrypted: boolean;
  /** `createrole_self_grant` of the session; undefined before Postgres 16. */
  readonly selfGrant: string | undefined;
}

/** Newest major version of Postgres that Berth is tested with. */
const newestMajor = 18;

/** A pure check: it passes, warns, or throws the problems. */
type ServerCheck = (spec: StackSpec, state: ServerState) => Passed<undefined>;

export const checkPinned: ServerCheck = ({ postgres }, { catalog }) => {
  const problem = findIdentityProblem(catalog.server, postgres);
  const detail = catalog.server.systemIdentifier;
  if (problem === undefined) return { detail };
  if (problem.code === "server-other") throw toOneError("Postgres", [problem]);
  return warn(problem.what, problem.fix);
};

/** Whether Berth supports the server's version, and the server accepts writes. */
export const checkVersion: ServerCheck = ({ postgres }, { catalog: { server } }) => {
  refuse(findServerProblems(server, postgres).filter((problem) => !isAboutAdmin(problem)));
  const detail = formatVersion(server.versionNumber);
  if (Math.floor(server.versionNumber / 10_000) <= newestMajor) return { detail };
  const newer = `${detail} is newer than ${String(newestMajor)}, the newest that Berth is tested with`;
  const fix = "look for a newer Berth, or try it on a copy of the server first";
  return warn(newer, fix);
};

export const checkAdmin: ServerCheck = (spec, { catalog: { server }, selfGrant }) => {
  const problems = findServerProblems(server, spec.postgres).filter(isAboutAdmin);
  const usesStock = spec.apps.some((app) => app.provisioner === "postgresql");
  const isGranted = ["set", "inherit"].every((word) => selfGrant?.includes(word) === true);
  // Berth's own provider sets `createrole_self_grant` itself. The registry's does not.
  if (usesStock && !server.isSuperuser && server.versionNumber >= 160_000 && !isGranted) {
    problems.push({
      code: "admin-lacks-self-grant",
      at: "berth:postgres.adminItem",
      what: `role "${server.admin}" does not become a member of the roles it makes, which the apps with provisioner: postgresql need (createrole_self_grant is "${selfGrant ?? ""}")`,
      fix: `as a superuser run: ALTER ROLE "${server.admin}" SET createrole_self_grant = 'set, inherit'`,
    });
  }
  refuse(problems);
  const rights = server.isSuperuser ? "a superuser" : "CREATEROLE and CREATEDB";
  const detail = `${server.admin}: ${rights}`;
  if (!server.isSuperuser && server.versionNumber >= 160_000) return { detail };
  const fix =
    "list the roles and databases of others in berth:postgres.reserved; from Postgres 16 on, an admin with CREATEROLE and CREATEDB can change only what it made";
  return warn(
    `${detail}; on Postgres ${formatVersion(server.versionNumber)} only Berth's own rules protect the roles and databases of others from it`,
    fix,
  );
};

export const checkOwnershipRole: ServerCheck = ({ postgres }, { catalog }) => {
  const problem = findOwnershipRoleProblem(catalog, postgres);
  if (problem?.code === "ownership-role-without-stack") {
    // Only the stack's state knows, and doctor does not read it.
    const detail = `${postgres.ownershipRole} does not say yet which stack it belongs to`;
    const fix = "run pulumi up: it marks the role as this stack's, or refuses it";
    return warn(detail, fix);
  }
  if (problem !== undefined) refuse([problem]);
  const exists = catalog.roles.has(postgres.ownershipRole);
  const detail = `${postgres.ownershipRole} ${exists ? "is there" : "comes with the first run"}`;
  return { detail };
};

/** Whether `pulumi up` could apply the apps as the stack file has them. */
export const checkApps: ServerCheck = ({ apps, postgres }, { catalog }) => {
  const decisions = apps.flatMap((app) =>
    planDatabases(app, postgres).map((plan) =>
      decideApp(plan, { catalog }, { postgres, isToCome: isRoleBeside(app.name, apps) }),
    ),
  );
  // A problem of no app has a check of its own.
  refuse(decisions.flatMap(({ problems }) => problems.filter(({ app }) => app)));
  const names = apps.flatMap(({ database }) => database.names);
  const there = names.filter((name) => catalog.databases.has(name)).length;
  const counts = `${String(there)} of ${String(names.length)} databases exist`;
  const adopting = decisions.flatMap((decision) => decision.adopting);
  return { detail: [counts, ...adopting].join("; ") };
};

/** Lists roles and databases that the stack file does not name, as a hint. */
export const checkNeighbours: ServerCheck = (spec, { catalog }) => {
  const names = findUnreserved(spec, catalog);
  const { reserved } = spec.postgres;
  if (names.length === 0) {
    return { detail: reserved.join(", ") || "nothing else is on the server" };
  }
  const detail = `${names.join(", ")}: on the server, not made by this stack, and not reserved`;
  const list = [...reserved, ...names].toSorted().map((name) => JSON.stringify(name));
  const fix = `if they are others', set berth:postgres.reserved to [${list.join(", ")}]`;
  return warn(detail, fix);
};

/** Roles and databases that are not Postgres' own, not Berth's, and not named in the stack file. */
function findUnreserved(spec: StackSpec, catalog: Catalog): string[] {
  const { ownershipRole } = spec.postgres;
  const planned = new Set(spec.apps.flatMap((app) => [...app.database.names, ...roleNamesOf(app)]));
  const groups = new Set(
    spec.apps.flatMap(({ roles: [owner] }) => (isOfVault(owner) ? [`role=${owner.name}`] : [])),
  );
  const { roles: live } = catalog;
  // A role that Vault makes has the setting `role` with one of the stack's owners.
  const isOurs = (role: string): boolean =>
    role === ownershipRole ||
    live.get(role)?.memberOf.includes(ownershipRole) === true ||
    live.get(role)?.settings.some((text) => groups.has(text)) === true;
  const isOther = (name: string): boolean =>
    !planned.has(name) && name !== catalog.server.admin && reservedReason(name, spec) === undefined;
  const roles = [...catalog.roles.keys()].filter((name) => !isOurs(name));
  const databases = [...catalog.databases.values()].filter(({ owner }) => !isOurs(owner));
  return [...new Set([...roles, ...databases.map(({ name }) => name)])].filter(isOther).toSorted();
}

function isAboutAdmin({ at }: PostgresProblem): boolean {
  return at === "berth:postgres.adminItem";
}

function refuse(problems: readonly PostgresProblem[]): void {
  if (problems.length > 0) throw toOneError("Postgres", problems);
}
