import type { Catalog, RoleAttributes, ServerFacts } from "../../catalog/catalog.ts";
import type { DatabasePlan, PlannedRole } from "../../plan/plan.ts";
import { type Action, describeAction } from "../../statements/actions.ts";
import { showStatement } from "../../statements/sql.ts";
import type { AppProblem } from "../problem.ts";

/** The special attributes that a role has, as in `ALTER ROLE`. An app's role has none. */
export function listAttributes(role: RoleAttributes): string[] {
  return [
    ...(role.isSuperuser ? ["SUPERUSER"] : []),
    ...(role.canCreateRole ? ["CREATEROLE"] : []),
    ...(role.canCreateDatabase ? ["CREATEDB"] : []),
    ...(role.canReplicate ? ["REPLICATION"] : []),
    ...(role.bypassesRls ? ["BYPASSRLS"] : []),
  ];
}

/** Those that no entry states. */
export function listUnstated(
  live: RoleAttributes,
  { replication }: Pick<PlannedRole, "replication">,
): string[] {
  return listAttributes(live).filter((one) => one !== "REPLICATION" || replication !== true);
}

/** Whether the admin may give a role REPLICATION. Before 16 only a superuser may. */
export function mayGiveReplication(server: ServerFacts): boolean {
  return server.isSuperuser || (server.canReplicate && server.versionNumber >= 160_000);
}

/** Stated REPLICATION that the admin may not give. Everything else goes on. */
function findReplicationForSuperuser(
  { app, roles }: Pick<DatabasePlan, "app" | "roles">,
  { server, roles: live }: Pick<Catalog, "server" | "roles">,
): AppProblem[] {
  if (mayGiveReplication(server)) return [];
  return roles
    .filter(
      ({ name, replication }) => replication === true && live.get(name)?.canReplicate !== true,
    )
    .map(({ key, name }) => ({
      ...({ code: "replication-needs-superuser", app, at: `roles.${key}.replication` } as const),
      what: `role "${name}" does not have REPLICATION yet, which role "${server.admin}" may not give`,
      fix: `as a superuser run: ${alterRole(name, ["REPLICATION"])}`,
    }));
}

/** Before 16 only a superuser may alter a role with REPLICATION, so the admin cannot do these actions. */
export function findLockedRoles(
  { app, roles }: Pick<DatabasePlan, "app" | "roles">,
  { server, roles: live }: Catalog,
  actions: readonly Action[],
): AppProblem[] {
  if (server.isSuperuser || server.versionNumber >= 160_000) return [];
  return roles.flatMap(({ key, name, replication }) => {
    const isLocked = replication === true && live.get(name)?.canReplicate === true;
    const wanted = actions.filter((one) => isAlteration(one) && "role" in one && one.role === name);
    if (!isLocked || wanted.length === 0) return [];
    return [
      {
        ...({ code: "role-above-admin", app, at: `roles.${key}.replication` } as const),
        what: `role "${name}" has REPLICATION, and before Postgres 16 role "${server.admin}" may not change such a role; needed: ${wanted.map(describeAction).join(", ")}`,
        fix: `as a superuser run: ${alterRole(name, ["NOREPLICATION"])}; pulumi up then makes the change, and prints the statement that gives it back`,
      },
    ];
  });
}

/** Whether it is an ALTER ROLE. A membership is none. */
function isAlteration({ kind }: Action): boolean {
  return !["join", "leave", "join-admin", "create-role"].includes(kind);
}

export function toRevokeAttributes(role: string, attributes: readonly string[]): string {
  return alterRole(
    role,
    attributes.map((attribute) => `NO${attribute}`),
  );
}

function alterRole(role: string, attributes: readonly string[]): string {
  return showStatement({ kind: "set-attributes", role, attributes });
}

/** Attributes that the admin may not change. */
interface OutOfReach {
  /** The admin may not alter these roles at all. */
  readonly problems: readonly AppProblem[];
  /** Everything else goes on. */
  readonly superuser: readonly AppProblem[];
}

/** Whether the admin may revoke an attribute. From 16 on it may revoke those that it has itself. */
export function mayRevoke(attribute: string, server: ServerFacts): boolean {
  if (server.isSuperuser || attribute === "CREATEROLE" || attribute === "CREATEDB") return true;
  return server.versionNumber >= 160_000 && listAttributes(server).includes(attribute);
}

/** Attributes of the stack's roles that the admin may not revoke, and REPLICATION that it may not give. */
export function findAttributesOutOfReach(
  { app, roles }: Pick<DatabasePlan, "app" | "roles">,
  { server, roles: live }: Catalog,
  ownershipRole: string,
): OutOfReach {
  const found = roles.flatMap((role) => {
    const { key, name } = role;
    const one = live.get(name);
    // A role to adopt may have none of them in any case.
    if (one?.memberOf.includes(ownershipRole) !== true) return [];
    const beyond = listUnstated(one, role).filter((attribute) => !mayRevoke(attribute, server));
    if (beyond.length === 0) return [];
    const problem: AppProblem = {
      ...({ code: "role-above-admin", app, at: `roles.${key}.attributes` } as const),
      what: `role "${name}" has ${beyond.join(" and ")}, which role "${server.admin}" may not revoke`,
      fix: `as a superuser run: ${toRevokeAttributes(name, beyond)}`,
    };
    return [{ problem, isLocked: server.versionNumber < 160_000 || one.isSuperuser }];
  });
  return {
    problems: found.flatMap(({ problem, isLocked }) => (isLocked ? [problem] : [])),
    superuser: [
      ...found.flatMap(({ problem, isLocked }) => (isLocked ? [] : [problem])),
      ...findReplicationForSuperuser({ app, roles }, { server, roles: live }),
    ],
  };
}
