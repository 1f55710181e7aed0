import { escapeIdentifier } from "pg";
import { rolePath } from "../../../config/derive/names.ts";
import { joinFixes } from "../../../errors.ts";
import type { Catalog } from "../../catalog/catalog.ts";
import type { DatabasePlan } from "../../plan/plan.ts";
import type { AppProblem } from "../problem.ts";
import { formatVersion } from "../server.ts";

/** The roles of other apps and of the server that a plan's roles are members of. */
export function otherGroupsOf(
  { roles }: Pick<DatabasePlan, "roles">,
  ownershipRole: string,
): readonly string[] {
  const own = new Set([ownershipRole, ...roles.map(({ name }) => name)]);
  return [...new Set(roles.flatMap(({ memberOf }) => memberOf))].filter((name) => !own.has(name));
}

interface GroupContext {
  readonly postgres: { readonly ownershipRole: string };
  /** Whether another app of the program makes a role of this name. */
  readonly isToCome?: (role: string) => boolean;
  /** The other apps were made before. */
  readonly isApplying?: boolean;
}

/** Memberships that the run cannot give. Pure. */
export function findGroupProblems(
  plan: DatabasePlan,
  { roles: live, server }: Pick<Catalog, "roles" | "server">,
  { postgres, isToCome = () => false, isApplying = false }: GroupContext,
): AppProblem[] {
  const groups = otherGroupsOf(plan, postgres.ownershipRole);
  return groups.flatMap((group): AppProblem[] => {
    const members = plan.roles.filter(
      ({ name, memberOf }) =>
        memberOf.includes(group) && live.get(name)?.memberOf.includes(group) !== true,
    );
    const [first] = members;
    if (first === undefined) return [];
    const at = `roles.${first.key}.memberOf`;
    const remove = `take it out of berth:apps.${plan.app}.${rolePath(first.key)}.memberOf`;
    const what = `role "${first.name}" cannot become a member of "${group}"`;
    const found = live.get(group);
    if (found === undefined) {
      if (isToCome(group) && !isApplying) return [];
      const isPredefined = group.startsWith("pg_");
      const version = formatVersion(server.versionNumber);
      const make = isToCome(group)
        ? "run pulumi up without --target, which makes the app of that role first"
        : `as an admin run: CREATE ROLE ${escapeIdentifier(group)}`;
      return [
        {
          code: "group-missing",
          app: plan.app,
          at,
          what: `${what}: there is no such role${isPredefined ? ` on Postgres ${version}` : ""}`,
          fix: isPredefined ? remove : joinFixes(make, remove),
        },
      ];
    }
    if (found.isSuperuser) {
      const about = { code: "group-is-superuser", app: plan.app, at } as const;
      return [{ ...about, what: `${what}: that is a superuser`, fix: remove }];
    }
    if (server.isSuperuser || found.adminMayAlter) return [];
    const grant = `GRANT ${escapeIdentifier(group)} TO ${escapeIdentifier(server.admin)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`;
    return [
      {
        code: "group-out-of-reach",
        app: plan.app,
        at,
        what: `${what}: role "${server.admin}" has no ADMIN option on it`,
        fix: joinFixes(`as a superuser run: ${grant}`, remove),
      },
    ];
  });
}
