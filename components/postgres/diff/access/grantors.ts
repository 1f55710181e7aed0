import { escapeIdentifier } from "pg";
import type { LiveInside, LiveObject } from "../../catalog/access.ts";
import type { OthersGrant } from "../../catalog/catalog.ts";
import type { FormerRole } from "../../plan/former-role.ts";
import type { DatabasePlan } from "../../plan/plan.ts";
import type { AppProblem } from "../../rules/problem.ts";
import { type Action, describeSecurable, type Securable } from "../../statements/actions.ts";
import { inNameOf, toStatement } from "../../statements/sql.ts";
import { mayGrantOn } from "./foreign.ts";
import { nameOnDatabase, toPlace, toSecurable } from "./privileges.ts";
import {
  toWantedDatabasePrivileges,
  toWantedPrivileges,
  type WantedPrivileges,
  wantedOn,
} from "./wanted.ts";

/** What a role must have on one object. */
type Wanted = Pick<WantedPrivileges, "grantee" | "privileges">;

/** A REVOKE that only the grantor can run. */
interface OthersRevoke {
  readonly grantor: string;
  readonly action: Extract<Action, { readonly kind: "grant" | "revoke" }>;
  /** A column of the tables; undefined = the whole object. */
  readonly column: string | undefined;
}

/**
 * Problems about privileges of the app's roles and PUBLIC that the entry does not list and that a role other
 * than the owner granted: one problem per grantor. A REVOKE by Berth has no effect on them, because for a
 * superuser or Berth's admin it revokes what the owner granted. Berth does not act as another role.
 */
export function findGrantsOfOthers(
  plan: DatabasePlan,
  live: LiveInside,
  formerRoles: readonly FormerRole[],
): AppProblem[] {
  const found = findOthersGrants(plan, live, formerRoles);
  const grantors = [...new Set(found.map(({ grantor }) => grantor))];
  return grantors.map((grantor) => {
    const statements = found.filter((one) => one.grantor === grantor).map(describeRevoke);
    return {
      code: "grant-of-other",
      app: plan.app,
      at: "database",
      what: `role "${grantor}" granted privileges that the entry does not list, and only "${grantor}" can revoke them`,
      fix: `as a superuser, in database ${plan.database.name}: ${inNameOf(grantor, statements)}`,
    };
  });
}

function findOthersGrants(
  plan: DatabasePlan,
  live: LiveInside,
  formerRoles: readonly FormerRole[],
): OthersRevoke[] {
  const { name: database, others = [] } = live.database;
  const on: Securable = { type: "database", database };
  const outside = toWantedDatabasePrivileges(plan, formerRoles).flatMap((request) => {
    const grantee = nameOnDatabase(request.grantee);
    return tooMuch(others, { ...request, grantee }).map((one) => toRevoke(request, one, on));
  });
  const objects = byPlace(live);
  const inside = toWantedPrivileges(plan, formerRoles).flatMap((request) =>
    onPlace(plan, objects, request),
  );
  return [...outside, ...inside];
}

function byPlace({ access, server }: LiveInside) {
  return { server, places: Map.groupBy(access.objects, toPlace) };
}

/** One statement for all objects with the same privilege too much. */
function onPlace(
  plan: DatabasePlan,
  { server, places }: ReturnType<typeof byPlace>,
  request: WantedPrivileges,
  select: (object: LiveObject, wanted: Wanted) => readonly OthersGrant[] = (
    { others = [] },
    wanted,
  ) => tooMuch(others, wanted),
): readonly OthersRevoke[] {
  const found = new Map<string, { one: OthersGrant; on: Securable }>();
  for (const object of places.get(toPlace(request)) ?? []) {
    if (!mayGrantOn(object, plan, server)) continue;
    const wanted = { grantee: request.grantee, privileges: wantedOn(request, object.name) };
    for (const one of select(object, wanted)) {
      const key = JSON.stringify(one);
      found.set(key, { one, on: toSecurable(object, found.get(key)?.on) });
    }
  }
  return [...found.values()].map(({ one, on }) => toRevoke(request, one, on));
}

function tooMuch(
  others: readonly OthersGrant[],
  { grantee, privileges }: Wanted,
): readonly OthersGrant[] {
  return others.filter((one) => one.grantee === grantee && !privileges.includes(one.privilege));
}

function toRevoke(
  { path, grantee }: Pick<WantedPrivileges, "path" | "grantee">,
  { privilege, grantor, column }: OthersGrant,
  on: Securable,
): OthersRevoke {
  const action = { kind: "revoke", path, on, grantee, privileges: [privilege] } as const;
  return { grantor, action, column: column ?? undefined };
}

function describeRevoke({ action, column }: OthersRevoke): string {
  return toStatement({ ...action, privileges: [toPrivilege(action, column)] }, () => "");
}

function toPrivilege({ privileges }: OthersRevoke["action"], column: string | undefined): string {
  const where = column === undefined ? "" : ` (${escapeIdentifier(column)})`;
  return privileges.map((privilege) => `${privilege}${where}`).join(", ");
}

/** Stated privileges that a role of the app also may grant to others, which no entry states. */
export function findGrantOptions(plan: DatabasePlan, live: LiveInside): AppProblem[] {
  const { name: database, grantable = [] } = live.database;
  const on: Securable = { type: "database", database };
  const inAll = toWantedPrivileges(plan, []);
  const objects = byPlace(live);
  const defaults = new Map(live.access.defaults.map((one) => [toPlace(one), one.grantable]));
  const found = [
    ...toWantedDatabasePrivileges(plan, []).flatMap((request) =>
      statedOf(grantable, request).map((one) => toRevoke(request, one, on)),
    ),
    ...inAll.flatMap((request) =>
      onPlace(plan, objects, request, ({ grantable: all = [] }, wanted) => statedOf(all, wanted)),
    ),
  ];
  const onObjects = found.map(({ grantor, action, column }) => ({
    grantor,
    path: action.path,
    grantee: action.grantee,
    what: `${toPrivilege(action, column)} on ${describeSecurable(action.on)}`,
    statement: toStatement(
      { ...action, privileges: [`GRANT OPTION FOR ${toPrivilege(action, column)}`] },
      () => "",
    ),
  }));
  return [
    ...onObjects,
    ...inAll.flatMap((request) => findDefaultOptions(request, defaults.get(toPlace(request)))),
  ].map(({ grantor, grantee, path, what, statement }) => ({
    code: "grant-option",
    app: plan.app,
    at: path,
    what: `role "${grantee}" has ${what} WITH GRANT OPTION, so it can give that to others; "${grantor}" granted it`,
    fix: `as a superuser, in database ${database}: ${grantor === plan.database.owner || grantor === "pg_database_owner" ? `${statement};` : inNameOf(grantor, [statement])}`,
  }));
}

/** The same for objects that the owner will create, in one schema. */
function findDefaultOptions(request: WantedPrivileges, live: readonly OthersGrant[] = []) {
  const { type, schema, grantee, path } = request;
  if (type === "schema") return [];
  return statedOf(live, { grantee, privileges: request.later }).map(({ grantor, privilege }) => {
    const where = { owner: grantor, schema, type, grantee, path };
    const privileges = [`GRANT OPTION FOR ${privilege}`];
    return {
      grantor,
      grantee,
      path,
      what: `${privilege} on every ${type} that "${grantor}" will create in ${schema}`,
      statement: toStatement({ kind: "revoke-default", ...where, privileges }, () => ""),
    };
  });
}

function statedOf(
  grants: readonly OthersGrant[],
  { grantee, privileges }: Wanted,
): readonly OthersGrant[] {
  return grants.filter((one) => one.grantee === grantee && privileges.includes(one.privilege));
}
