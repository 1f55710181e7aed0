import { escapeIdentifier } from "pg";
import type { LiveInside } from "../../catalog/access.ts";
import type { OthersGrant } from "../../catalog/catalog.ts";
import type { FormerRole } from "../../plan/former-role.ts";
import type { DatabasePlan } from "../../plan/plan.ts";
import type { AppProblem } from "../../rules/problem.ts";
import { type Action, describeSecurable, type Securable } from "../../statements/actions.ts";
import { inNameOf, showStatement } from "../../statements/sql.ts";
import { mayGrantOn } from "./foreign.ts";
import { nameOnDatabase, toPlace, toSecurable } from "./privileges.ts";
import {
  toWantedDatabasePrivileges,
  toWantedPrivileges,
  type WantedPrivileges,
  wantedOn,
} from "./wanted.ts";

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
  const found = listRevokes(plan, live, formerRoles, "others");
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

/** Of `others` what the entry does not list, of `grantable` what it does. */
type Kind = "others" | "grantable";

/** One statement for all objects of a place with the same grant. */
function listRevokes(
  plan: DatabasePlan,
  { database, access, server }: LiveInside,
  formerRoles: readonly FormerRole[],
  kind: Kind,
): OthersRevoke[] {
  const on: Securable = { type: "database", database: database.name };
  const outside = toWantedDatabasePrivileges(plan, formerRoles).flatMap((request) => {
    const grantee = nameOnDatabase(request.grantee);
    const found = select(kind, database[kind], { ...request, grantee });
    return found.map((one) => toRevoke(request, one, on));
  });
  const places = Map.groupBy(access.objects, toPlace);
  const inside = toWantedPrivileges(plan, formerRoles).flatMap((request) => {
    const found = new Map<string, { one: OthersGrant; on: Securable }>();
    for (const object of places.get(toPlace(request)) ?? []) {
      if (!mayGrantOn(object, plan, server)) continue;
      const privileges = wantedOn(request, object.name);
      for (const one of select(kind, object[kind], { ...request, privileges })) {
        const key = JSON.stringify(one);
        found.set(key, { one, on: toSecurable(object, found.get(key)?.on) });
      }
    }
    return [...found.values()].map(({ one, on }) => toRevoke(request, one, on));
  });
  return [...outside, ...inside];
}

function select(
  kind: Kind,
  grants: readonly OthersGrant[] = [],
  { grantee, privileges }: Pick<WantedPrivileges, "grantee" | "privileges">,
): readonly OthersGrant[] {
  const isStated = kind === "grantable";
  return grants.filter(
    (one) => one.grantee === grantee && privileges.includes(one.privilege) === isStated,
  );
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
  return showStatement({ ...action, privileges: [toPrivilege(action, column)] });
}

function toPrivilege({ privileges }: OthersRevoke["action"], column: string | undefined): string {
  const where = column === undefined ? "" : ` (${escapeIdentifier(column)})`;
  return privileges.map((privilege) => `${privilege}${where}`).join(", ");
}

/** Stated privileges that a role of the app also may grant to others, which no entry states. */
export function findGrantOptions(plan: DatabasePlan, live: LiveInside): AppProblem[] {
  const { name: database } = live.database;
  const defaults = new Map(live.access.defaults.map((one) => [toPlace(one), one.grantable]));
  const found = listRevokes(plan, live, [], "grantable");
  const onObjects = found.map(({ grantor, action, column }) => ({
    grantor,
    path: action.path,
    grantee: action.grantee,
    what: `${toPrivilege(action, column)} on ${describeSecurable(action.on)}`,
    statement: showStatement({
      ...action,
      privileges: [`GRANT OPTION FOR ${toPrivilege(action, column)}`],
    }),
  }));
  return [
    ...onObjects,
    ...toWantedPrivileges(plan, []).flatMap((request) =>
      findDefaultOptions(request, defaults.get(toPlace(request))),
    ),
  ].map(({ grantor, grantee, path, what, statement }) => ({
    code: "grant-option",
    app: plan.app,
    at: path,
    what: `role "${grantee}" has ${what} WITH GRANT OPTION, so it can give that to others; "${grantor}" granted it`,
    fix: `as a superuser, in database ${database}: ${grantor === plan.database.owner || grantor === "pg_database_owner" ? `${statement};` : inNameOf(grantor, [statement])}`,
  }));
}

/** The same for objects that the owner will create, in one schema. */
function findDefaultOptions(request: WantedPrivileges, live: readonly OthersGrant[] | undefined) {
  const { type, schema, grantee, path } = request;
  if (type === "schema") return [];
  const found = select("grantable", live, { grantee, privileges: request.later });
  return found.map(({ grantor, privilege }) => {
    const where = { owner: grantor, schema, type, grantee, path };
    const privileges = [`GRANT OPTION FOR ${privilege}`];
    return {
      grantor,
      grantee,
      path,
      what: `${privilege} on every ${type} that "${grantor}" will create in ${schema}`,
      statement: showStatement({ kind: "revoke-default", ...where, privileges }),
    };
  });
}
