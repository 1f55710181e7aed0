import { sortUnique } from "../../../sort.ts";
import { when } from "../../../when.ts";
import type { LiveAccess, LiveInside, LiveObject } from "../../catalog/access.ts";
import type { LiveDatabase, ServerFacts } from "../../catalog/catalog.ts";
import { isClosedToPublic, isInPattern, withSchemas } from "../../plan/access.ts";
import type { FormerRole } from "../../plan/former-role.ts";
import { type DatabasePlan, PUBLIC_SCHEMA } from "../../plan/plan.ts";
import type { Action, Securable } from "../../statements/actions.ts";
import type { ContentDecision } from "../content-decision.ts";
import { decideContents } from "../contents.ts";
import { decideSettings } from "../settings.ts";
import { closePublicSchema, findClosedSchemas, mayGrantOn, noteLostSchema } from "./foreign.ts";
import { findGrantsOfOthers } from "./grantors.ts";
import {
  compare,
  grantedTo,
  nameOnDatabase,
  subtract,
  toPlace,
  toSecurable,
} from "./privileges.ts";
import {
  toWantedDatabasePrivileges,
  toWantedEverywhere,
  toWantedPrivileges,
  type WantedEverywhere,
  type WantedPrivileges,
  wantedOn,
} from "./wanted.ts";

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
  given: DatabasePlan,
  live: LiveInside,
  formerRoles: readonly FormerRole[],
  formerSettings: readonly string[] = [],
): AccessDecision {
  const plan = withLiveSchemas(given, live.access);
  const outside = decideDatabase(plan, live.database, formerRoles, formerSettings);
  const isClosed = isClosedToPublic(plan);
  const closing = isClosed ? closePublicSchema(plan, live) : { actions: [], notes: [] };
  const contents = decideContents(plan, live.server, live.access);
  const objects = [...live.access.objects, ...contents.actions.flatMap(toNewSchema)];
  const schemas = new Set(objects.map(({ schema }) => schema));
  const leaving = formerRoles.map((role) => ({ ...role, schemas: [...schemas] }));
  const requests = toWantedPrivileges(plan, leaving).filter(({ schema }) => schemas.has(schema));
  const everywhere = toWantedEverywhere(plan, leaving);
  const byPlace = Map.groupBy(objects, toPlace);
  const inside = [
    ...everywhere.flatMap((request) => decideEverywhere(plan, request, live.access)),
    ...decideDefaults(plan, requests, everywhere, live.access),
    ...requests.flatMap((request) =>
      decideObjects(plan, request, live.server, byPlace.get(toPlace(request)) ?? []),
    ),
  ];
  return {
    ...contents,
    actions: [...outside, ...closing.actions, ...contents.actions, ...inside],
    notes: [...closing.notes, ...(schemas.has(PUBLIC_SCHEMA) ? [] : noteLostSchema(plan))],
    superuser: [
      ...contents.superuser,
      ...findClosedSchemas(plan, requests, live),
      ...findGrantsOfOthers(plan, live, leaving),
    ],
  };
}

/** The plan with the owner's live schemas that its patterns stand for. */
export function withLiveSchemas(
  plan: DatabasePlan,
  { objects }: Pick<LiveAccess, "objects">,
): DatabasePlan {
  const found = objects
    .filter(({ type, owner }) => type === "schema" && owner === plan.database.owner)
    .map(({ schema }) => schema)
    .filter((schema) => !plan.schemas.includes(schema) && isInPattern(plan, schema));
  return withSchemas(plan, found);
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
  formerSettings: readonly string[],
): readonly Action[] {
  const { name, connectionLimit, settings } = plan.database;
  const at = { path: "database.settings", database: name };
  const on: Securable = { type: "database", database: name };
  return [
    ...when(live.connectionLimit !== connectionLimit, {
      kind: "limit-connections",
      path: "database.connectionLimit",
      database: name,
      connectionLimit,
    } as const),
    ...decideSettings(at, settings, live.settings ?? [], formerSettings),
    ...toWantedDatabasePrivileges(plan, formerRoles).flatMap(
      ({ path, grantee, privileges: wanted }) => {
        const granted = grantedTo(nameOnDatabase(grantee), live.privileges);
        return compare({ path, on, grantee, wanted, granted });
      },
    ),
  ];
}

/** In a schema, what the owner will create gets what it does not get in every schema. */
function decideDefaults(
  plan: DatabasePlan,
  requests: readonly WantedPrivileges[],
  everywhere: readonly WantedEverywhere[],
  access: LiveAccess,
): Action[] {
  const live = new Map(access.defaults.map((one) => [toPlace(one), one.privileges]));
  return requests.flatMap((request) => {
    const { type, schema, grantee, path } = request;
    if (type === "schema") return [];
    const given = everywhere.find((one) => one.type === type && one.grantee === grantee);
    const { missing, extra } = subtract(
      request.later,
      grantedTo(grantee, live.get(toPlace(request)) ?? []),
    );
    const alone = missing.filter((one) => given?.privileges.includes(one) !== true);
    return toDefaults(plan, { path, schema, type, grantee }, { missing: alone, extra });
  });
}

/**
 * Default privileges that the owner has without a schema. They apply in every schema, and a REVOKE in one schema
 * does not end them.
 */
export function decideEverywhere(
  plan: DatabasePlan,
  { type, grantee, path, privileges, allowed }: WantedEverywhere,
  access: LiveAccess,
): Action[] {
  const found = access.defaults.find((entry) => entry.type === type && entry.schema === null);
  const granted = grantedTo(grantee, found?.privileges ?? []);
  const { extra } = subtract(allowed, granted);
  const { missing } = subtract(privileges, granted);
  return toDefaults(plan, { path, schema: null, type, grantee }, { missing, extra });
}

function toDefaults(
  { database: { owner } }: DatabasePlan,
  place: Pick<WantedPrivileges, "path" | "type" | "grantee"> & { readonly schema: string | null },
  { missing, extra }: ReturnType<typeof subtract>,
): Action[] {
  const both = { ...place, owner };
  return [
    ...when(extra.length > 0, { kind: "revoke-default", ...both, privileges: extra } as const),
    ...when(missing.length > 0, { kind: "grant-default", ...both, privileges: missing } as const),
  ];
}

/** One statement for all objects that need the same change. Objects of other owners are left alone. */
function decideObjects(
  plan: DatabasePlan,
  request: WantedPrivileges,
  server: ServerFacts,
  objects: readonly LiveObject[],
): Action[] {
  const { grantee, path } = request;
  const groups = new Map<
    string,
    { on: Securable; granted: readonly string[]; wanted: readonly string[] }
  >();
  for (const object of objects) {
    if (!mayGrantOn(object, plan, server)) continue;
    const wanted = wantedOn(request, object.name);
    const granted = grantedOn(object, grantee, wanted);
    const key = JSON.stringify([granted, wanted]);
    const group = groups.get(key);
    groups.set(key, { on: toSecurable(object, group?.on), granted, wanted });
  }
  return [...groups.values()].flatMap(({ on, granted, wanted }) =>
    compare({ path, on, grantee, wanted, granted }),
  );
}

/** A privilege on a single column can be too much, but does not replace one on the whole object. */
function grantedOn(
  { privileges, columns = [] }: LiveObject,
  grantee: string,
  wanted: readonly string[],
): string[] {
  const onColumns = grantedTo(grantee, columns).filter((one) => !wanted.includes(one));
  return sortUnique([...grantedTo(grantee, privileges), ...onColumns]);
}
