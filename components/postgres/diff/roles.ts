import type { StackIdentity } from "../../config/spec/postgres.ts";
import type { Catalog, LiveRole, ServerFacts } from "../catalog/catalog.ts";
import { searchPathOf, settingOf } from "../catalog/settings.ts";
import type { FormerRole, FormerSettings } from "../plan/former-role.ts";
import { type DatabasePlan, hasNoPassword, type PlannedRole } from "../plan/plan.ts";
import { listUnstated, mayGiveReplication, mayRevoke } from "../rules/roles/attributes.ts";
import { toOwnershipComment } from "../rules/roles/identity.ts";
import type { Action } from "../statements/actions.ts";
import { decideSettings } from "./settings.ts";

export interface RoleContext {
  readonly ownershipRole: string;
  /** The stack that the ownership role belongs to, for the run that creates it. */
  readonly stack?: StackIdentity | undefined;
  /** Whether Berth knows the password of a role. Of two logins one has such a password. */
  readonly hasPassword: (role: PlannedRole) => boolean;
  /** Whether the password of an existing role must be set, or removed. */
  readonly needsPassword: (role: PlannedRole) => boolean;
  readonly formerRoles: readonly FormerRole[];
  readonly formerSettings?: FormerSettings | undefined;
}

/**
 * Compares live roles with wanted roles. The ownership role comes first, and a role joins it in the transaction
 * that creates it. So if a run dies, the next one still knows which roles are Berth's.
 */
export function decideRoles(
  plan: DatabasePlan,
  catalog: Catalog,
  context: RoleContext,
): readonly Action[] {
  const { ownershipRole, stack } = context;
  return [
    ...(catalog.roles.has(ownershipRole)
      ? []
      : [
          { kind: "create-ownership-role", path: "roles", role: ownershipRole } as const,
          ...(stack === undefined ? [] : [toOwnershipComment(ownershipRole, stack)]),
        ]),
    ...plan.roles.flatMap((role) => {
      const live = catalog.roles.get(role.name);
      return live === undefined
        ? makeRole(role, mayLogIn(role, context), catalog.server)
        : changeRole(role, live, context, catalog.server);
    }),
    ...joinAdmin("roles.owner.administration", plan.database.owner, catalog),
    ...context.formerRoles.flatMap((former) => retire(former, catalog, ownershipRole)),
  ];
}

/** If false, a new role gets NOLOGIN, and an existing one keeps what it has. */
function mayLogIn(role: PlannedRole, context: RoleContext): boolean {
  if (role.login === "none") return false;
  return role.login !== "rotated" || context.hasPassword(role);
}

function makeRole(planned: PlannedRole, canLogin: boolean, server: ServerFacts): Action[] {
  const path = `roles.${planned.key}`;
  const { name: role, searchPath, setRole } = planned;
  const actions: Action[] = [{ kind: "create-role", path, role: planned, canLogin }];
  if (planned.replication === true && mayGiveReplication(server)) {
    const at = `${path}.replication`;
    actions.push({ kind: "set-attributes", path: at, role, attributes: ["REPLICATION"] });
  }
  for (const [name, value] of Object.entries(planned.settings)) {
    actions.push({ kind: "set-setting", path, role, name, value });
  }
  for (const group of planned.memberOf) actions.push({ kind: "join", path, role, group });
  if (searchPath.length > 0) actions.push({ kind: "set-search-path", path, role, searchPath });
  if (setRole !== undefined) actions.push({ kind: "set-role", path, role, group: setRole });
  return actions;
}

function changeRole(
  role: PlannedRole,
  live: LiveRole,
  context: RoleContext,
  server: ServerFacts,
): Action[] {
  const needsPassword = context.needsPassword(role);
  const { key, name, setRole, connectionLimit, searchPath } = role;
  const path = `roles.${key}`;
  const attributes = [
    ...(role.login === "none" && live.canLogin ? ["NOLOGIN"] : []),
    ...wrongAttributes(role, live, mayLogIn(role, context), server),
    ...(role.replication === true && !live.canReplicate && mayGiveReplication(server)
      ? ["REPLICATION"]
      : []),
  ];
  const actions: Action[] = [];
  if (attributes.length > 0) {
    actions.push({ kind: "set-attributes", path: `${path}.attributes`, role: name, attributes });
  }
  if (needsPassword && hasNoPassword(role)) {
    actions.push({ kind: "clear-password", path: `${path}.login`, role: name });
  } else if (needsPassword) {
    actions.push({ kind: "set-password", path: `verifiers.${key}`, role: name, key });
  }
  if (live.connectionLimit !== role.connectionLimit) {
    const at = `${path}.connectionLimit`;
    actions.push({ kind: "limit-connections", path: at, role: name, connectionLimit });
  }
  actions.push(...changeMemberships(role, live, server));
  if (JSON.stringify(searchPathOf(live)) !== JSON.stringify(searchPath)) {
    actions.push({ kind: "set-search-path", path: `${path}.searchPath`, role: name, searchPath });
  }
  const at = { path: `${path}.settings`, role: name };
  const former = context.formerSettings?.get(key) ?? [];
  actions.push(...decideSettings(at, role.settings, live.settings, former));
  if (setRole !== undefined && settingOf(live, "role") !== setRole) {
    actions.push({ kind: "set-role", path: `${path}.setRole`, role: name, group: setRole });
  }
  return actions;
}

function changeMemberships(
  { key, name: role, memberOf }: PlannedRole,
  live: LiveRole,
  server: ServerFacts,
): Action[] {
  const path = `roles.${key}.memberOf`;
  const wanted = memberOf.filter((group) => !live.memberOf.includes(group));
  const unwanted = live.memberOf.filter((group) => !memberOf.includes(group));
  return [
    ...wanted.map((group) => ({ kind: "join", path, role, group }) as const),
    ...unwanted.flatMap((group) =>
      grantorsOf(live, group, server).map(
        (grantor) => ({ kind: "leave", path, role, group, grantor }) as const,
      ),
    ),
  ];
}

/** Before 16 a membership exists once, whichever role granted it. */
function grantorsOf(
  live: LiveRole,
  group: string,
  { versionNumber }: ServerFacts,
): (string | undefined)[] {
  if (versionNumber < 160_000) return [undefined];
  return live.memberships.filter((one) => one.group === group).map(({ grantor }) => grantor);
}

function wrongAttributes(
  role: PlannedRole,
  live: LiveRole,
  mayLogIn: boolean,
  server: ServerFacts,
): string[] {
  return [
    ...(live.canLogin || !mayLogIn ? [] : ["LOGIN"]),
    ...listUnstated(live, role)
      .filter((attribute) => mayRevoke(attribute, server))
      .map((attribute) => `NO${attribute}`),
    ...(live.expires && mayLogIn ? ["VALID UNTIL 'infinity'"] : []),
  ];
}

/**
 * Makes the admin a member of a role. Without that it can neither create a database for an owner nor set its
 * default privileges, and cannot connect after CONNECT is revoked from PUBLIC. From 16 on a role that this
 * session creates comes with the membership (createrole_self_grant). A superuser needs none.
 */
export function joinAdmin(path: string, role: string, { roles, server }: Catalog): Action[] {
  const withOptions = server.versionNumber >= 160_000;
  const isGiven = roles.get(role)?.adminIsMember ?? withOptions;
  return server.isSuperuser || isGiven ? [] : [{ kind: "join-admin", path, role, withOptions }];
}

/** Takes LOGIN from a role that left its entry. Berth drops nothing without being asked, so the role stays. */
export function retire(
  { key, name, isElsewhere }: FormerRole,
  catalog: Catalog,
  ownershipRole: string,
): Action[] {
  const live = catalog.roles.get(name);
  if (isElsewhere === true || live?.canLogin !== true || !live.memberOf.includes(ownershipRole))
    return [];
  return [{ kind: "set-attributes", path: `roles.${key}`, role: name, attributes: ["NOLOGIN"] }];
}
