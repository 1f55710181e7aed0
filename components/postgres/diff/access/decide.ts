import type { LiveAccess, LiveInside, LiveObject } from "../../catalog/access.ts";
import type { LiveDatabase, ServerFacts } from "../../catalog/catalog.ts";
import type { FormerRole } from "../../plan/former-role.ts";
import { type DatabasePlan, PUBLIC, PUBLIC_SCHEMA } from "../../plan/plan.ts";
import type { Action, Securable } from "../../statements/actions.ts";
import { type ContentDecision, decideContents } from "../contents.ts";
import { decideSettings } from "../settings.ts";
import { closePublicSchema, findClosedSchemas, mayGrantOn, noteLostSchema } from "./foreign.ts";
import { findGrantsOfOthers } from "./grantors.ts";
import { compare, grantedTo, nameOnDatabase, subtract, toSecurable } from "./privileges.ts";
import { toWantedDatabasePrivileges, toWantedPrivileges, type WantedPrivileges } from "./wanted.ts";

/** Actions, and notes on what Berth cannot or may not do. */
export interface AccessDecision extends ContentDecision {
  readonly notes: readonly string[];
}

/**
 * Compares the contents of a database with the plan, for the app's roles and PUBLIC. The order is fixed: first
 * revokes, then schemas and extensions, then default privileges, so that objects created meanwhile get them,
 * then existing objects. Grantees outside the app are ignored.
 */
export function decideAccess(
  plan: DatabasePlan,
  live: LiveInside,
  formerRoles: readonly FormerRole[],
  formerSettings: readonly string[] = [],
): AccessDecision {
  const outside = decideDatabase(plan, live.database, formerRoles, formerSettings);
  const isPublicClosed = plan.grants.some((grant) => grant.grantee === PUBLIC);
  const closing = isPublicClosed ? closePublicSchema(plan, live) : { actions: [], notes: [] };
  const contents = decideContents(plan, live.server, live.access);
  const objects = [...live.access.objects, ...contents.actions.flatMap(toNewSchema)];
  const schemas = new Set(objects.map(({ schema }) => schema));
  const all = toWantedPrivileges(plan, formerRoles);
  const requests = all.filter((request) => schemas.has(request.schema));
  const inside = [
    ...all.flatMap((request) => revokeEverywhere(plan, request, live.access)),
    ...requests.flatMap((request) => decideDefaults(plan, request, live.access)),
    ...requests.flatMap((request) =>
      decideObjects(plan, request, { server: live.server, objects }),
    ),
  ];
  return {
    ...contents,
    actions: [...outside, ...closing.actions, ...contents.actions, ...inside],
    notes: [...closing.notes, ...(schemas.has(PUBLIC_SCHEMA) ? [] : noteLostSchema(plan))],
    superuser: [
      ...contents.superuser,
      ...findClosedSchemas(plan, requests, live),
      ...findGrantsOfOthers(plan, live, formerRoles),
    ],
  };
}

/** A schema as it is after CREATE: only its owner has privileges. */
function toNewSchema(action: Action): LiveObject[] {
  if (action.kind !== "create-schema") return [];
  const { schema, owner } = action;
  return [{ type: "schema", schema, name: schema, owner, privileges: [] }];
}

/** From the database's row in the catalog: connection limit, settings and privileges. */
export function decideDatabase(
  plan: DatabasePlan,
  live: LiveDatabase,
  formerRoles: readonly FormerRole[],
  formerSettings: readonly string[] = [],
): readonly Action[] {
  const { name, connectionLimit, settings } = plan.database;
  const { set, reset } = decideSettings(settings, live.settings ?? [], formerSettings);
  const path = (setting: string): string => `database.settings.${setting}`;
  const on: Securable = { type: "database", database: name };
  return [
    ...(live.connectionLimit === connectionLimit
      ? []
      : [
          {
            kind: "limit-database",
            path: "database.connectionLimit",
            database: name,
            connectionLimit,
          } as const,
        ]),
    ...set.map(
      ([one, value]) =>
        ({
          kind: "set-database-setting",
          path: path(one),
          database: name,
          name: one,
          value,
        }) as const,
    ),
    ...reset.map(
      (one) =>
        ({ kind: "reset-database-setting", path: path(one), database: name, name: one }) as const,
    ),
    ...toWantedDatabasePrivileges(plan, formerRoles).flatMap(
      ({ path, grantee, privileges: wanted }) => {
        const granted = grantedTo(nameOnDatabase(grantee), live.privileges);
        return compare({ path, on, grantee, wanted, granted });
      },
    ),
  ];
}

function decideDefaults(
  plan: DatabasePlan,
  request: WantedPrivileges,
  access: LiveAccess,
): Action[] {
  const { type, schema, grantee, path } = request;
  if (type === "schema") return [];
  const found = access.defaults.find((entry) => entry.type === type && entry.schema === schema);
  const { missing, extra } = subtract(
    request.privileges,
    grantedTo(grantee, found?.privileges ?? []),
  );
  const { owner } = plan.database;
  const both = { path, owner, schema, type, grantee };
  return [
    ...(extra.length === 0
      ? []
      : [{ kind: "revoke-default", ...both, privileges: extra } as const]),
    ...(missing.length === 0
      ? []
      : [{ kind: "grant-default", ...both, privileges: missing } as const]),
  ];
}

/**
 * Revokes default privileges that the owner has set without a schema. They apply in every schema, and a REVOKE
 * in one schema does not end them. Decided once per role and type, with the first schema.
 */
function revokeEverywhere(
  plan: DatabasePlan,
  request: WantedPrivileges,
  access: LiveAccess,
): Action[] {
  const { type, schema, grantee, path } = request;
  if (type === "schema" || schema !== plan.schemas[0]) return [];
  const found = access.defaults.find((entry) => entry.type === type && entry.schema === null);
  const { extra } = subtract(request.privileges, grantedTo(grantee, found?.privileges ?? []));
  if (extra.length === 0) return [];
  const { owner } = plan.database;
  return [{ kind: "revoke-default", path, owner, schema: null, type, grantee, privileges: extra }];
}

/** One statement for all objects that need the same change. Objects of other owners are left alone. */
function decideObjects(
  plan: DatabasePlan,
  request: WantedPrivileges,
  live: { readonly server: ServerFacts; readonly objects: readonly LiveObject[] },
): Action[] {
  const { grantee, path } = request;
  const groups = new Map<string, { on: Securable; granted: string[] }>();
  for (const object of live.objects) {
    if (object.type !== request.type || object.schema !== request.schema) continue;
    if (!mayGrantOn(object, plan, live.server)) continue;
    const granted = grantedOn(object, request);
    const key = granted.join();
    const group = groups.get(key);
    groups.set(key, { on: toSecurable(object, group?.on), granted });
  }
  return [...groups.values()].flatMap(({ on, granted }) =>
    compare({ path, on, grantee, wanted: request.privileges, granted }),
  );
}

/** A privilege on a single column can be too much, but does not replace one on the whole object. */
function grantedOn(
  { privileges, columns = [] }: LiveObject,
  { grantee, ...request }: WantedPrivileges,
): string[] {
  const onColumns = grantedTo(grantee, columns).filter((one) => !request.privileges.includes(one));
  return [...new Set([...grantedTo(grantee, privileges), ...onColumns])].toSorted();
}
