import { escapeIdentifier as id } from "pg";
import { eachDatabase } from "../../components/config/databases.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { joinFixes } from "../../components/errors.ts";
import type { SessionRole } from "../../components/postgres/catalog/session/session.ts";
import type { PlannedRole } from "../../components/postgres/plan/plan.ts";
import { inNameOf } from "../../components/postgres/statements/sql.ts";
import { type Check, runUp, toCheck, toWarning, type VerifyContext } from "./check.ts";

/** What an app may enter that is not its own: databases of other apps, and of neighbours. */

/** Notes the neighbours that a role may enter, and what ends that other than for PUBLIC. */
export function noteEntered(
  entered: Map<string, Set<string>>,
  found: SessionRole,
  role: string,
  { spec, openDatabases }: VerifyContext,
): void {
  for (const name of findNeighbours(found.mayEnter, spec)) {
    const isOpen = openDatabases.get(name)?.privileges.includes("CONNECT");
    const fixes = isOpen === true ? [] : toWayFixes(role, found, name);
    entered.set(name, new Set([...(entered.get(name) ?? []), ...fixes]));
  }
}

/** Databases that are not the stack's. */
function findNeighbours(entered: readonly string[], { apps, postgres }: StackSpec): string[] {
  const own = new Set([
    "postgres",
    "template1",
    postgres.maintenanceDatabase,
    ...apps.flatMap(({ database }) => database.names),
  ]);
  return entered.filter((name) => !own.has(name));
}

export function verifyNeighbours(
  app: AppSpec,
  entered: ReadonlyMap<string, ReadonlySet<string>>,
  asMember: ReadonlySet<string>,
  { spec, openDatabases, traces }: VerifyContext,
): Check[] {
  const reserved = spec.postgres.reserved.join(", ") || "reserved names (none are listed)";
  const wrong = traces.map(({ what, statement }) => ({
    what,
    fix: `as a superuser run: ${statement}`,
  }));
  return [
    toCheck("neighbours untouched", `the app has no privileges on ${reserved}`, wrong),
    ...[...entered].toSorted().map(([name, fixes]) => {
      const open = openDatabases.get(name);
      const isOpen = open?.privileges.includes("CONNECT") === true;
      if (asMember.has(name)) return warnOfMember(app, name);
      return verifyNeighbour(app, name, isOpen ? open.owner : undefined, fixes);
    }),
  ];
}

function warnOfMember(app: AppSpec, database: string): Check {
  const detail = `app ${app.name} may connect to it, as the memberOf of its entry says`;
  const fix = "take that out of memberOf to end it";
  return toWarning(`neighbour ${database}`, detail, fix);
}

/** By default PUBLIC may connect to every database. Only the neighbour's owner may change that. */
function verifyNeighbour(
  app: AppSpec,
  database: string,
  owner: string | undefined,
  fixes: ReadonlySet<string>,
): Check {
  const name = `neighbour ${database}`;
  if (owner === undefined) {
    const what = `app ${app.name} may connect to it, and not through PUBLIC`;
    return toCheck(name, "", [{ what, fix: joinFixes(...fixes) }]);
  }
  const fix = `its owner "${owner}" can revoke that: REVOKE CONNECT ON DATABASE ${id(database)} FROM PUBLIC;`;
  return toWarning(name, "PUBLIC, so every app too, may connect to it", fix);
}

/** Checks that the role cannot connect to the databases of other apps, except as a member of a group of its entry. */
export function verifyIsolation(
  app: AppSpec,
  { name }: Pick<PlannedRole, "name">,
  found: SessionRole,
  { spec }: VerifyContext,
): Check {
  const others = spec.apps
    .filter((other) => other.name !== app.name)
    .flatMap(eachDatabase)
    .map(({ database }) => database);
  const itself = found.ways.map(({ database }) => database);
  // If a database keeps CONNECT for PUBLIC, the role has it, too; but it must not have its own grant.
  const isStated = (other: (typeof others)[number]): boolean =>
    found.mayEnterAsMember.includes(other.name);
  const mayEnter = (other: (typeof others)[number]): boolean =>
    (other.revokePublic ? found.mayEnter : itself).includes(other.name);
  const stated = others.filter(isStated).map((other) => other.name);
  const rest = others.filter((other) => !isStated(other));
  const open = rest.filter(mayEnter).map((other) => other.name);
  const closed = rest.filter(({ revokePublic }) => revokePublic).map((other) => other.name);
  const beside =
    stated.length === 0 ? "" : `; as its memberOf says, CONNECT on ${stated.join(", ")}`;
  const good = `no CONNECT on ${closed.join(", ") || "any other app's database"}${beside}`;
  const fix = joinFixes(...open.flatMap((database) => toWayFixes(name, found, database)));
  const wrong = open.length === 0 ? [] : [{ what: `it has CONNECT on ${open.join(", ")}`, fix }];
  return toCheck(`${name}: cannot connect to other apps' databases`, good, wrong);
}

/** What ends the ways of a role into a database. `pulumi up` ends the way through PUBLIC, where it may. */
function toWayFixes(role: string, { ways }: SessionRole, database: string): string[] {
  const found = ways.filter((way) => way.database === database);
  if (found.length === 0) return [runUp];
  return found.map(({ grantee, grantor, isOwner }) => {
    const revoke = isOwner
      ? `REVOKE ${id(grantee)} FROM ${id(role)}`
      : `REVOKE CONNECT ON DATABASE ${id(database)} FROM ${id(grantee)}`;
    return `as a superuser run: ${grantor === null ? revoke : inNameOf(grantor, [revoke])}`;
  });
}
