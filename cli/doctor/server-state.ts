import { hasItem, roleNamesOf } from "../../components/config/logins.ts";
import { reservedReason } from "../../components/config/rules/names.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { BerthError, toOneError } from "../../components/errors.ts";
import type { Catalog } from "../../components/postgres/catalog/catalog.ts";
import { planDatabase } from "../../components/postgres/plan/plan.ts";
import { decideAdoption, findOutOfReach } from "../../components/postgres/rules/adoption.ts";
import { parseMark } from "../../components/postgres/rules/identity.ts";
import {
  findIdentityRuleProblem,
  findOwnershipRoleProblem,
  findServerRuleProblems,
  formatVersion,
  type ServerProblem,
} from "../../components/postgres/rules/server.ts";
import type { Passed } from "./report.ts";

/** What the admin sees of the server: all its roles and databases, and the admin's own session. */
export interface ServerState {
  readonly catalog: Catalog;
  readonly isEncrypted: boolean;
  /** `createrole_self_grant` of the session; undefined before Postgres 16. */
  readonly selfGrant: string | undefined;
}

/** Newest server that Berth is tested with, as a major version. */
const newestMajor = 18;

/** Pure judgments: each passes, warns, or throws what is wrong. */
type ServerCheck = (spec: StackSpec, state: ServerState) => Passed<undefined>;

/** Whether it is the server that the stack is for. */
export const checkPinned: ServerCheck = ({ postgres }, { catalog }) => {
  const problem = findIdentityRuleProblem(catalog.server, postgres);
  const detail = catalog.server.systemIdentifier;
  if (problem === undefined) return { value: undefined, detail };
  if (postgres.systemIdentifier !== undefined) throw toError([problem]);
  return { value: undefined, detail, warnings: [{ detail: problem.what, fix: problem.fix }] };
};

/** Whether it is of a version that Berth knows, and takes writes. */
export const checkVersion: ServerCheck = ({ postgres }, { catalog: { server } }) => {
  const problems = findServerRuleProblems(server, postgres).filter(
    ({ about }) => about === "server",
  );
  if (problems.length > 0) throw toError(problems);
  const detail = formatVersion(server.versionNumber);
  if (Math.floor(server.versionNumber / 10_000) <= newestMajor) return { value: undefined, detail };
  const newer = `${detail} is newer than ${String(newestMajor)}, the newest that Berth is tested with`;
  const fix = "look for a newer Berth, or try it on a copy of the server first";
  return { value: undefined, detail, warnings: [{ detail: newer, fix }] };
};

/** Whether the admin role may do what a run does. */
export const checkAdmin: ServerCheck = (spec, { catalog: { server }, selfGrant }) => {
  const problems = findServerRuleProblems(server, spec.postgres).filter(
    ({ about }) => about === "admin",
  );
  const usesStock = spec.apps.some((app) => app.provisioner === "postgresql");
  const isGranted = ["set", "inherit"].every((word) => selfGrant?.includes(word) === true);
  // Berth's own provider sets it in its session.
  if (usesStock && !server.isSuperuser && server.versionNumber >= 160_000 && !isGranted) {
    problems.push({
      about: "admin",
      what: `role "${server.admin}" does not become a member of the roles it makes, which the apps with provisioner: postgresql need (createrole_self_grant is "${selfGrant ?? ""}")`,
      fix: `as a superuser run: ALTER ROLE "${server.admin}" SET createrole_self_grant = 'set, inherit'`,
    });
  }
  if (problems.length > 0) throw toError(problems);
  const rights = server.isSuperuser ? "a superuser" : "CREATEROLE and CREATEDB";
  const detail = `${server.admin}: ${rights}`;
  if (!server.isSuperuser && server.versionNumber >= 160_000) return { value: undefined, detail };
  const warning = {
    detail: `${detail}; on Postgres ${formatVersion(server.versionNumber)} nothing but Berth's own rules keeps it from what others have`,
    fix: "name what is others' in berth:postgres.reserved; from Postgres 16 on an admin with CREATEROLE and CREATEDB manages only what it made",
  };
  return { value: undefined, detail, warnings: [warning] };
};

/** Whether the role that marks what the stack made is one that it may be. */
export const checkOwnershipRole: ServerCheck = ({ postgres }, { catalog }) => {
  const problem = findOwnershipRoleProblem(catalog, postgres);
  const live = catalog.roles.get(postgres.ownershipRole);
  // Only the state of the stack, which is not read here, can tell whose one without a mark is.
  if (live !== undefined && problem !== undefined && parseMark(live.comment) === undefined) {
    const { stack } = postgres;
    const asUsed = stack === undefined ? undefined : { ...stack, unmarked: live.name };
    if (findOwnershipRoleProblem(catalog, { ...postgres, stack: asUsed }) === undefined) {
      const detail = `${live.name} does not say yet whose it is`;
      const fix = "run pulumi up, which marks it as this stack's or refuses it";
      return { value: undefined, detail, warnings: [{ detail, fix }] };
    }
  }
  if (problem !== undefined) {
    throw new BerthError(problem, {
      hint: "set berth:postgres.ownershipRole to a name that is free",
    });
  }
  const detail = `${postgres.ownershipRole} ${live !== undefined ? "is there" : "comes with the first run"}`;
  return { value: undefined, detail };
};

/** Whether the roles and databases of the apps are free, or this stack's, or to be adopted. */
export const checkApps: ServerCheck = (spec, { catalog }) => {
  const plans = spec.apps.map((app) => planDatabase(app, spec.postgres));
  const outcomes = plans.map((plan) => decideAdoption(plan, catalog, spec.postgres));
  const problems = [
    ...outcomes.flatMap((outcome) => outcome.problems),
    ...plans.flatMap((plan) => findOutOfReach(plan, catalog, spec.postgres)),
  ];
  if (problems.length > 0) throw toOneError("Postgres", problems);
  const there = spec.apps.filter((app) => catalog.databases.has(app.database.name)).length;
  const counts = `${String(there)} of ${String(spec.apps.length)} databases exist`;
  const changes = outcomes.flatMap((outcome) => outcome.changes);
  return { value: undefined, detail: [counts, ...changes.map((c) => `adopting: ${c}`)].join("; ") };
};

/** A hint: what others have on the server, and the stack file does not name. */
export const checkNeighbours: ServerCheck = (spec, { catalog }) => {
  const names = findUnreserved(spec, catalog);
  const { reserved } = spec.postgres;
  if (names.length === 0) {
    return { value: undefined, detail: reserved.join(", ") || "nothing else is on the server" };
  }
  const detail = `${names.join(", ")}: on the server, not made by this stack, and not reserved`;
  const list = [...reserved, ...names].toSorted().map((name) => JSON.stringify(name));
  const fix = `if they are others', set berth:postgres.reserved to [${list.join(", ")}]`;
  return { value: undefined, detail, warnings: [{ detail, fix }] };
};

/** Roles and databases that are neither Postgres' own, nor Berth's, nor named in the stack file. */
function findUnreserved(spec: StackSpec, catalog: Catalog): string[] {
  const { ownershipRole } = spec.postgres;
  const planned = new Set(spec.apps.flatMap((app) => [app.database.name, ...roleNamesOf(app)]));
  const groups = new Set(
    spec.apps.flatMap(({ roles: [owner] }) => (hasItem(owner) ? [] : [`role=${owner.name}`])),
  );
  const { roles: live } = catalog;
  // What Vault makes acts as an owner of the stack's.
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

function toError(problems: readonly ServerProblem[]): BerthError {
  const texts = problems.map(({ what, fix }) => `${what}\n    fix: ${fix}`);
  return toOneError("Postgres", texts);
}
