import { roleNamesOf } from "../../components/config/logins.ts";
import type { AppSpec, StackSpec } from "../../components/config/spec.ts";
import { type AccessRow, toAccessMatrix } from "../../components/postgres/plan/access-matrix.ts";
import { planDatabase } from "../../components/postgres/plan/plan.ts";

/** What a role has as a member of a role that is not of its own app. */
export interface Reach {
  readonly role: string;
  readonly app: string;
  readonly memberOf: string;
  /** Database of the app that `memberOf` belongs to; undefined = it is not of this stack. */
  readonly database: string | undefined;
  /** By column of that app's report. */
  readonly access: AccessRow["access"];
}

/** What roles of this app have elsewhere, and what roles of other apps have in its database. */
export function findReach(app: AppSpec, all: readonly Reach[]): readonly Reach[] {
  const isOwn = (name: string | undefined): boolean =>
    app.database.names.some((own) => own === name);
  return all.filter((one) => one.app === app.name || isOwn(one.database));
}

/** All memberships between apps, and in roles that are not of this stack; also through other roles. */
export function listReach({ apps, postgres }: StackSpec): readonly Reach[] {
  const owners = new Map(
    apps.flatMap((app) => roleNamesOf(app).map((name) => [name, app] as const)),
  );
  const groups = new Map(
    apps.flatMap(({ roles }) => roles.map(({ name, memberOf }) => [name, memberOf] as const)),
  );
  const allGroupsOf = (name: string): readonly string[] => {
    const direct = groups.get(name) ?? [];
    return [...new Set([...direct, ...direct.flatMap(allGroupsOf)])];
  };
  return apps.flatMap((app) =>
    app.roles.flatMap(({ name: role }) =>
      allGroupsOf(role)
        .filter((group) => owners.get(group) !== app)
        .flatMap((memberOf) => {
          const other = owners.get(memberOf);
          const rows = other && toAccessMatrix(planDatabase(other, postgres)).rows;
          const access = rows?.find((row) => row.role === memberOf)?.access ?? {};
          const databases = other?.database.names ?? [undefined];
          return databases.map((database) => ({ role, app: app.name, memberOf, database, access }));
        }),
    ),
  );
}
