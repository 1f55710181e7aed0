import { contentTypes, type ObjectType } from "../config/privileges.ts";
import type { Action, Securable } from "./actions.ts";
import { type ContentDecision, decideContents } from "./diff-contents.ts";
import type { FormerRole } from "./diff-roles.ts";
import type { LiveDatabase, ServerFacts } from "./inspect.ts";
import type { LiveAccess, LiveObject } from "./inspect-access.ts";
import { type DatabasePlan, PUBLIC, PUBLIC_SCHEMA } from "./plan.ts";

/** What a database looks like, from outside and from inside. */
export interface LiveInside {
  readonly server: ServerFacts;
  readonly database: LiveDatabase;
  readonly access: LiveAccess;
}

/** What to do, and what Berth cannot or may not do and the operator should know. */
export interface AccessDecision extends ContentDecision {
  readonly notes: readonly string[];
}

/**
 * What is between what is inside a database and what shall be, of the app's own roles and of PUBLIC, in
 * a fixed order: first what takes away, then schemas and extensions, then defaults, so that what is
 * made meanwhile is covered, then what exists. A grantee that is not the app's is never looked at.
 */
export function decideAccess(
  plan: DatabasePlan,
  live: LiveInside,
  formerRoles: readonly FormerRole[],
): AccessDecision {
  const outside = decideDatabase(plan, live.database, formerRoles);
  const isPublicClosed = plan.grants.some((grant) => grant.grantee === PUBLIC);
  const schema = isPublicClosed ? closePublicSchema(plan, live) : { actions: [], notes: [] };
  const contents = decideContents(plan, live.server, live.access);
  const objects = [...live.access.objects, ...contents.actions.flatMap(toNewSchema)];
  const shares = toShares(plan, formerRoles);
  const inside = [
    ...shares.flatMap((share) => revokeEverywhere(plan, share, live.access)),
    ...shares.flatMap((share) => decideDefaults(plan, share, live.access)),
    ...shares.flatMap((share) => decideObjects(plan, share, { server: live.server, objects })),
  ];
  return {
    ...contents,
    actions: [...outside, ...schema.actions, ...contents.actions, ...inside],
    notes: [...schema.notes, ...noteForeignObjects(plan, live.access)],
  };
}

/** A schema as it will be once it is made: nobody but its owner may do anything there. */
function toNewSchema(action: Action): LiveObject[] {
  if (action.kind !== "create-schema") return [];
  const { schema, owner } = action;
  return [{ type: "schema", schema, name: schema, owner, privileges: [] }];
}

/** From the database's own row: connection limit and who may enter. */
export function decideDatabase(
  plan: DatabasePlan,
  live: LiveDatabase,
  formerRoles: readonly FormerRole[],
): readonly Action[] {
  const { name, connectionLimit } = plan.database;
  const on: Securable = { type: "database", database: name };
  const keys = new Map(plan.roles.map((role) => [role.name, role.key]));
  const wanted = [
    ...plan.grants
      .filter((grant) => grant.on.type === "database")
      .map(({ grantee, privileges }) => ({ grantee, privileges })),
    ...formerRoles.map((former) => ({ grantee: former.name, privileges: [] })),
  ];
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
    ...wanted.flatMap(({ grantee, privileges }) => {
      const path =
        grantee === PUBLIC
          ? "database.revokePublic"
          : toPath(keys, formerRoles, grantee, "database");
      const held = heldBy(grantee === PUBLIC ? "PUBLIC" : grantee, live.privileges);
      return compare({ path, on, grantee, wanted: privileges, held });
    }),
  ];
}

/** Exactly these privileges of a role of the app on everything of a type in a schema; none = all are taken away. */
export interface Share {
  readonly path: string;
  readonly grantee: string;
  readonly type: Exclude<ObjectType, "database">;
  readonly schema: string;
  readonly privileges: readonly string[];
}

/** Every type in every schema for every role but the owner: what the plan does not give is taken away. */
export function toShares(plan: DatabasePlan, formerRoles: readonly FormerRole[]): Share[] {
  const types = ["schema", ...contentTypes] as const;
  const places = types.flatMap((type) => plan.schemas.map((schema) => ({ type, schema })));
  const gone = formerRoles.flatMap((former) =>
    places.map((place) => ({
      ...place,
      grantee: former.name,
      privileges: [],
      path: `roles.${former.key}`,
    })),
  );
  const planned = plan.roles
    .filter(({ name }) => name !== plan.database.owner)
    .flatMap(({ key, name }) =>
      places.map(({ type, schema }) => ({
        ...{ type, schema, grantee: name, path: `roles.${key}.grants.${type}` },
        privileges: plan.grants
          .filter(({ grantee, on }) => grantee === name && on.type === type && on.schema === schema)
          .flatMap(({ privileges }) => privileges),
      })),
    );
  return [...gone, ...planned];
}

function toPath(
  keys: ReadonlyMap<string, string>,
  formerRoles: readonly FormerRole[],
  grantee: string,
  type: ObjectType,
): string {
  const key = keys.get(grantee);
  if (key !== undefined) return `roles.${key}.grants.${type}`;
  return `roles.${formerRoles.find((former) => former.name === grantee)?.key ?? grantee}`;
}

function decideDefaults(plan: DatabasePlan, share: Share, access: LiveAccess): Action[] {
  const { type, schema, grantee, path } = share;
  if (type === "schema") return [];
  const found = access.defaults.find((entry) => entry.type === type && entry.schema === schema);
  const { missing, extra } = subtract(share.privileges, heldBy(grantee, found?.privileges ?? []));
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
 * What the owner gives without naming a schema counts in each, and REVOKE in a schema does not end it.
 * Said once a role and type, with the first schema: all of them have the same.
 */
function revokeEverywhere(plan: DatabasePlan, share: Share, access: LiveAccess): Action[] {
  const { type, schema, grantee, path } = share;
  if (type === "schema" || schema !== plan.schemas[0]) return [];
  const found = access.defaults.find((entry) => entry.type === type && entry.schema === null);
  const { extra } = subtract(share.privileges, heldBy(grantee, found?.privileges ?? []));
  if (extra.length === 0) return [];
  const { owner } = plan.database;
  return [{ kind: "revoke-default", path, owner, schema: null, type, grantee, privileges: extra }];
}

/** One statement for all objects that need the same; objects of other owners are left alone. */
function decideObjects(
  plan: DatabasePlan,
  share: Share,
  live: { readonly server: ServerFacts; readonly objects: readonly LiveObject[] },
): Action[] {
  const { grantee, path } = share;
  const groups = new Map<string, { on: Securable; held: string[] }>();
  for (const object of live.objects) {
    if (object.type !== share.type || object.schema !== share.schema) continue;
    if (!mayGrantOn(object, plan, live.server)) continue;
    const held = heldOn(object, share);
    const key = held.join();
    const group = groups.get(key);
    groups.set(key, { on: toSecurable(object, group?.on), held });
  }
  return [...groups.values()].flatMap(({ on, held }) =>
    compare({ path, on, grantee, wanted: share.privileges, held }),
  );
}

/** What a role holds on a single column counts where it is too much, and is no substitute for the whole. */
function heldOn({ privileges, columns = [] }: LiveObject, { grantee, ...share }: Share): string[] {
  const onColumns = heldBy(grantee, columns).filter((one) => !share.privileges.includes(one));
  return [...new Set([...heldBy(grantee, privileges), ...onColumns])].toSorted();
}

function toSecurable(object: LiveObject, group: Securable | undefined): Securable {
  const { type, schema, name } = object;
  if (type === "schema") return { type, schema };
  const others = group === undefined || !("objects" in group) ? [] : group.objects;
  return { type, schema, objects: [...others, { name, arguments: object.arguments }] };
}

function mayGrantOn(object: LiveObject, plan: DatabasePlan, server: ServerFacts): boolean {
  if (object.owner === plan.database.owner || object.owner === "pg_database_owner") return true;
  // Before 15 schema public belongs to the superuser; PUBLIC has USAGE on it already.
  return object.type === "schema" && object.schema === PUBLIC_SCHEMA && server.isSuperuser;
}

/** Until 14 every role may make tables in schema public; so also where such a database was restored. */
function closePublicSchema(
  plan: DatabasePlan,
  live: LiveInside,
): Pick<AccessDecision, "actions" | "notes"> {
  const schema = live.access.objects.find(
    (object) => object.type === "schema" && object.schema === PUBLIC_SCHEMA,
  );
  if (schema?.privileges.includes(`${PUBLIC}=CREATE`) !== true) return { actions: [], notes: [] };
  const { owner, name } = plan.database;
  const path = "database.revokePublic";
  const on: Securable = { type: "schema", schema: "public" };
  if (!mayGrantOn(schema, plan, live.server)) {
    return {
      actions: [],
      notes: [
        `in database ${name} every role that may enter it may make tables in schema public, and only a superuser can end that: ` +
          `GRANT USAGE, CREATE ON SCHEMA public TO "${owner}"; REVOKE CREATE ON SCHEMA public FROM PUBLIC;`,
      ],
    };
  }
  const ownsSchema = schema.owner === owner || schema.owner === "pg_database_owner";
  return {
    actions: [
      ...(ownsSchema
        ? []
        : [{ kind: "grant", path, on, grantee: owner, privileges: ["CREATE", "USAGE"] } as const]),
      { kind: "revoke", path, on, grantee: PUBLIC, privileges: ["CREATE"] },
    ],
    notes: [],
  };
}

function noteForeignObjects(plan: DatabasePlan, access: LiveAccess): string[] {
  const asked = plan.grants.filter(({ privileges }) => privileges.length > 0);
  const types = new Set(asked.map(({ on }) => on.type));
  const foreign = access.objects.filter(
    ({ type, owner }) => type !== "schema" && types.has(type) && owner !== plan.database.owner,
  );
  if (foreign.length === 0) return [];
  const shown = foreign
    .slice(0, 5)
    .map(({ schema, name, owner }) => `${schema}.${name} (${owner})`);
  const more = foreign.length > 5 ? ` and ${String(foreign.length - 5)} more` : "";
  return [
    `in database ${plan.database.name} some things do not belong to ${plan.database.owner}, so the app's other roles get nothing on them: ${shown.join(", ")}${more}`,
  ];
}

function compare(request: {
  readonly path: string;
  readonly on: Securable;
  readonly grantee: string;
  readonly wanted: readonly string[];
  readonly held: readonly string[];
}): Action[] {
  const { path, on, grantee } = request;
  const { missing, extra } = subtract(request.wanted, request.held);
  return [
    ...(extra.length === 0
      ? []
      : [{ kind: "revoke", path, on, grantee, privileges: extra } as const]),
    ...(missing.length === 0
      ? []
      : [{ kind: "grant", path, on, grantee, privileges: missing } as const]),
  ];
}

function subtract(wanted: readonly string[], held: readonly string[]) {
  return {
    missing: wanted.filter((privilege) => !held.includes(privilege)),
    extra: held.filter((privilege) => !wanted.includes(privilege)),
  };
}

function heldBy(grantee: string, privileges: readonly string[]): string[] {
  // A role's name may hold "=", a privilege may not.
  return privileges
    .filter((entry) => entry.slice(0, entry.lastIndexOf("=")) === grantee)
    .map((entry) => entry.slice(grantee.length + 1));
}
