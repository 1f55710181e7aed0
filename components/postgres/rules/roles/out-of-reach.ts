import type { PostgresSpec } from "../../../config/spec/postgres.ts";
import type { Catalog } from "../../catalog/catalog.ts";
import type { DatabasePlan } from "../../plan/plan.ts";
import { hintForMembership } from "../../statements/failure.ts";
import type { AppProblem } from "../problem.ts";

/**
 * Roles to adopt that `pulumi up` cannot change. From 16 on an admin with CREATEROLE can change only roles that
 * it created or has the ADMIN option on.
 */
export function findOutOfReach(
  { app, adopt, roles }: Pick<DatabasePlan, "app" | "adopt" | "roles">,
  { server, roles: live }: Catalog,
  { ownershipRole }: Pick<PostgresSpec, "ownershipRole">,
): AppProblem[] {
  const { admin, isSuperuser, versionNumber } = server;
  if (!adopt || isSuperuser || versionNumber < 160_000) return [];
  return roles
    .filter(({ name }) => {
      const found = live.get(name);
      if (found === undefined || found.adminMayAlter) return false;
      // Membership in a superuser would make the admin one. Such a role is refused in any case.
      return !found.isSuperuser && !found.memberOf.includes(ownershipRole);
    })
    .map(({ key, name }) => ({
      code: "role-out-of-reach",
      app,
      at: `roles.${key}`,
      what: `role "${name}" cannot be adopted: role "${admin}" may not change it`,
      fix: hintForMembership({ role: name, admin, versionNumber }),
    }));
}
