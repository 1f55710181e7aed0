import { escapeIdentifier } from "pg";
import { reservedReason } from "../../components/config/rules/names.ts";
import type { AppSpec } from "../../components/config/spec.ts";
import type { LiveDatabase, LiveRole } from "../../components/postgres/catalog/catalog.ts";
import { PUBLIC_SCHEMA } from "../../components/postgres/plan/plan.ts";
import { findForeignOwner } from "../../components/postgres/rules/roles/identity.ts";
import { toHandOver, toNewOwner } from "../../components/postgres/statements/hand-over.ts";
import { type AdoptFacts, type Inside, insideOf } from "./facts.ts";
import { databasesReachedBy, quote } from "./kept.ts";
import { toFreeRole } from "./slug.ts";
import type { Stack } from "./trial.ts";

/** Why a database needs another owner before it can be adopted. */
export interface HandOver {
  readonly reason: string;
  /** For a superuser, in the database. Empty = it keeps its owner, and another database gets one. */
  readonly statements: readonly string[];
}

/**
 * Finds a database whose owner no app can have, because it is a superuser, the admin or the owner of a further
 * database, and the statements that give it an owner of its own. Pure. undefined = its owner may be an app's.
 */
export function planHandOver(
  stack: Stack,
  facts: AdoptFacts,
  database: LiveDatabase,
): HandOver | undefined {
  const { catalog } = facts;
  const inside = insideOf(facts, database.name);
  const owner = catalog.roles.get(database.owner);
  if (owner === undefined || inside === undefined) return undefined;
  const { ownershipRole } = stack.spec.postgres;
  if (owner.memberOf.includes(ownershipRole) || isOfOther(owner, ownershipRole)) return undefined;
  const isAdmin = owner.name === catalog.server.admin;
  if (!owner.isSuperuser && !isAdmin) return separate(stack, facts, database, { owner, inside });
  const heir = findHeir(stack, facts, database, inside) ?? nameHeir(stack, facts, database);
  const what = isAdmin ? "is the admin" : "is a superuser";
  return {
    reason: `its owner ${quote(owner.name)} ${what}, and no app can have that role; make ${quote(heir)} its owner first`,
    statements: toStatements(facts, database, inside, heir),
  };
}

/** For the owner of several databases: one of them stays with it. */
function separate(
  stack: Stack,
  facts: AdoptFacts,
  database: LiveDatabase,
  { owner, inside }: { readonly owner: LiveRole; readonly inside: Inside },
): HandOver | undefined {
  const all = owner.ownedDatabases;
  if (all.length < 2 || reservedReason(owner.name, stack.spec) !== undefined) return undefined;
  const main = all.includes(owner.name) ? owner.name : all[0];
  const which = `role ${quote(owner.name)} owns the databases ${all.map(quote).join(" and ")}, and one entry cannot have them all`;
  if (database.name === main) {
    return { reason: `${which}; give the others an owner of their own first`, statements: [] };
  }
  const heir = nameHeir(stack, facts, database);
  const id = escapeIdentifier;
  return {
    reason: `${which}; make ${quote(heir)} its owner first. ${quote(owner.name)} can use it as before`,
    statements: [
      ...toStatements(facts, database, inside, heir),
      `GRANT ${id(heir)} TO ${id(owner.name)};`,
    ],
  };
}

/** The same for an app of the stack: its database has another owner than the entry says, or objects of others. */
export function planAppHandOver(
  app: Pick<AppSpec, "database" | "roles">,
  { spec }: Pick<Stack, "spec">,
  facts: AdoptFacts,
): HandOver | undefined {
  const { name, guests } = app.database;
  const owner = app.roles[0].name;
  const database = facts.catalog.databases.get(name);
  const inside = insideOf(facts, name);
  if (database === undefined || inside === undefined) return undefined;
  if (database.owner !== owner) {
    const live = facts.catalog.roles.get(database.owner);
    if (live === undefined || isOfOther(live, spec.postgres.ownershipRole)) return undefined;
    return {
      reason: `it belongs to role ${quote(database.owner)}, and the entry says ${quote(owner)}`,
      statements: toStatements(facts, database, inside, owner),
    };
  }
  const strange = inside.objects.filter(
    (one) => one.owner !== owner && !guests.includes(one.owner),
  );
  if (strange.length === 0) return undefined;
  const others = [...new Set(strange.map((one) => quote(one.owner)))].join(", ");
  return {
    reason: `${others} own objects in it, and not ${quote(owner)}`,
    statements: toHandOver(strange, owner),
  };
}

/** What the former owner owns in the database goes to the new one. Objects of others stay. */
function toStatements(
  { catalog }: AdoptFacts,
  { name: database, owner: former }: LiveDatabase,
  { access, objects }: Inside,
  owner: string,
): string[] {
  const { server, roles } = catalog;
  const isFormers = access.objects.some(
    (one) => one.type === "schema" && one.name === PUBLIC_SCHEMA && one.owner === former,
  );
  return [
    ...toNewOwner({ database, owner, isNew: !roles.has(owner), server }),
    ...(isFormers ? ["ALTER SCHEMA public OWNER TO pg_database_owner;"] : []),
    ...toHandOver(
      objects.filter((one) => one.owner === former),
      owner,
    ),
  ];
}

/** The login that already works in the database as an owner does: it owns objects in it, or may create some. */
function findHeir(
  { spec }: Stack,
  facts: AdoptFacts,
  database: LiveDatabase,
  { objects }: Inside,
): string | undefined {
  const { ownershipRole } = spec.postgres;
  const heirs = [...facts.catalog.roles.values()].filter((role) => {
    const { name, canLogin, ownedDatabases, memberOf } = role;
    if (!canLogin || ownedDatabases.length > 0 || isSpecial(role)) return false;
    if (reservedReason(name, spec) !== undefined || name === facts.catalog.server.admin)
      return false;
    if (memberOf.includes(ownershipRole)) return false;
    const mayCreate = database.privileges.includes(`${name}=CREATE`);
    if (!mayCreate && !objects.some((one) => one.owner === name)) return false;
    return databasesReachedBy(name, facts).every((reached) => reached === database.name);
  });
  return heirs.length === 1 ? heirs[0]?.name : undefined;
}

/** Whether another stack made the role. Nothing is taken from it. */
function isOfOther(live: LiveRole, ownershipRole: string): boolean {
  return findForeignOwner(live, ownershipRole) !== undefined;
}

function isSpecial(role: LiveRole): boolean {
  const { isSuperuser, canCreateRole, canCreateDatabase, canReplicate, bypassesRls } = role;
  return isSuperuser || canCreateRole || canCreateDatabase || canReplicate || bypassesRls;
}

function nameHeir({ spec }: Stack, { catalog }: AdoptFacts, { name }: LiveDatabase): string {
  return toFreeRole(
    name,
    (role) => !catalog.roles.has(role) && reservedReason(role, spec) === undefined,
  );
}
