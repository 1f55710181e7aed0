import type { Catalog, RoleAttributes } from "../catalog/catalog.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import { toStatement } from "../statements/sql.ts";
import type { AppProblem } from "./problem.ts";

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

/** The statement that revokes such attributes. */
export function toRevokeAttributes(role: string, attributes: readonly string[]): string {
  const revoked = attributes.map((attribute) => `NO${attribute}`);
  const action = { kind: "set-attributes", path: "", role, attributes: revoked } as const;
  return toStatement(action, () => "");
}

/**
 * Attributes of the stack's roles that the admin may not revoke. A superuser gave them. From 16 on an admin may
 * revoke those that it has itself; before 16 only a superuser may alter such a role at all.
 */
export function findAttributesOutOfReach(
  { app, roles }: Pick<DatabasePlan, "app" | "roles">,
  { server, roles: live }: Catalog,
  ownershipRole: string,
): AppProblem[] {
  if (server.isSuperuser) return [];
  const own = server.versionNumber < 160_000 ? [] : listAttributes(server);
  const within = new Set(["CREATEROLE", "CREATEDB", ...own]);
  return roles.flatMap(({ key, name }) => {
    const found = live.get(name);
    // A role to adopt may have none of them in any case.
    if (found?.memberOf.includes(ownershipRole) !== true) return [];
    const beyond = listAttributes(found).filter((attribute) => !within.has(attribute));
    if (beyond.length === 0) return [];
    return [
      {
        ...({ code: "role-above-admin", app, at: `roles.${key}.attributes` } as const),
        what: `role "${name}" has ${beyond.join(" and ")}, which role "${server.admin}" may not revoke`,
        fix: `as a superuser run: ${toRevokeAttributes(name, beyond)}`,
      },
    ];
  });
}
