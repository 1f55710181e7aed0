import { type Problem, problemAt } from "../../errors.ts";
import { appsBefore } from "../logins.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../spec.ts";
import { type NameRules, reservedReason, roleAt } from "./names.ts";

/** Groups whose members may do on the server what a superuser may. */
const superuserGroups = [
  "pg_execute_server_program",
  "pg_read_server_files",
  "pg_write_server_files",
  "rds_superuser",
  "cloudsqlsuperuser",
  "azure_pg_admin",
];

export function givesSuperuserRights(group: string): boolean {
  return superuserGroups.includes(group);
}

/** Why no role of an app may be a member of a role of this name; undefined = it may. */
export function forbiddenGroupReason(group: string, spec: NameRules): string | undefined {
  if (givesSuperuserRights(group)) return "gives its members the rights of a superuser";
  if (group === "pg_database_owner") return "cannot have members";
  const isPredefined = group.startsWith("pg_") && !spec.postgres.reserved.includes(group);
  return isPredefined ? undefined : reservedReason(group, spec);
}

export function findMembershipProblems(spec: StackSpec): Problem[] {
  return [
    ...spec.apps.flatMap((app) => [...findForbiddenGroups(app, spec), ...findRoleCircles(app)]),
    ...findAppCircles(spec.apps),
    ...spec.apps.flatMap((app) => findLateApps(app, spec.apps)),
    ...findUnreadableApps(spec.apps),
  ];
}

/** Apps that a role cannot read, because there is no such other app. */
function findUnreadableApps(apps: readonly AppSpec[]): Problem[] {
  const names = new Set(apps.map(({ name }) => name));
  const toProblem = (app: AppSpec, role: RoleSpec, name: string): Problem => {
    const others = [...names].filter((other) => other !== app.name);
    return problemAt(
      roleAt(app, role, "reads"),
      `"${name}" is ${name === app.name ? "this app itself" : "no app of the stack"}; allowed are ${others.join(", ") || "other apps, and there are none"}`,
    );
  };
  return apps.flatMap((app) =>
    app.roles.flatMap((role) =>
      role.reads
        .filter((name) => name === app.name || !names.has(name))
        .map((name) => toProblem(app, role, name)),
    ),
  );
}

/** Argo CD starts such a Job after `pulumi up`, which needs the Job's roles. */
function findLateApps(app: AppSpec, apps: readonly AppSpec[]): Problem[] {
  if (app.provisioner === "job") return [];
  const late = appsBefore(app, apps).filter(
    ({ provisioner, delivery }) => provisioner === "job" && delivery === "git",
  );
  return late.flatMap((before) =>
    app.roles
      .filter(({ memberOf }) => needs(memberOf, before))
      .map((role) =>
        problemAt(
          roleAt(app, role, "memberOf"),
          `a Job that Argo CD starts after pulumi up makes the roles of ${before.name}; set provisioner to job for ${app.name} too, or to berth for ${before.name}`,
        ),
      ),
  );
}

function findForbiddenGroups(app: AppSpec, spec: StackSpec): Problem[] {
  return app.roles.flatMap((role) =>
    role.memberOf.flatMap((group) => {
      const reason = forbiddenGroupReason(group, spec);
      if (reason === undefined) return [];
      return problemAt(
        roleAt(app, role, "memberOf"),
        `"${group}" ${reason}; remove it, a role of an app may not be a member of it`,
      );
    }),
  );
}

/** Postgres refuses such a membership. */
function findRoleCircles(app: AppSpec): Problem[] {
  const groups = new Map(
    app.roles.flatMap(({ name, logins = [], memberOf }) => [
      [name, memberOf] as const,
      ...logins.map((login) => [login, [name]] as const),
    ]),
  );
  const circles = findCircles([...groups.keys()], (name) => groups.get(name) ?? []);
  return circles.map((names) => {
    const paths = app.roles
      .filter(({ name }) => names.includes(name))
      .map((role) => roleAt(app, role, "memberOf"));
    const list = names.map((name) => `"${name}"`).join(", ");
    const what =
      names.length === 1 ? "would be a member of itself" : "would be members of each other";
    const problem = problemAt(
      paths.join(" and "),
      `${list} ${what}; remove one of these memberships`,
    );
    return paths.length === 1 ? problem : { what: problem.what };
  });
}

/** Each app is made in one step, so one of them must come first. */
function findAppCircles(apps: readonly AppSpec[]): Problem[] {
  return findCircles(apps, (app) => appsBefore(app, apps)).map((circle) => {
    const paths = circle.flatMap((app, index) => {
      const before = circle[(index + 1) % circle.length];
      return app.roles
        .filter((role) => before !== undefined && needs(role.memberOf, before))
        .map((role) => roleAt(app, role, "memberOf"));
    });
    const names = circle.map(({ name }) => name).join(" and ");
    const what = `${paths.join(" and ")}: the apps ${names} need roles of each other, so none of them can be made first; remove one of these memberships`;
    return { what };
  });
}

function needs(memberOf: readonly string[], before: AppSpec): boolean {
  return appsBefore({ roles: [{ memberOf }] }, [before]).length > 0;
}

/** Each circle once, as the way along it. */
function findCircles<T>(all: readonly T[], next: (one: T) => readonly T[]): T[][] {
  const circles: T[][] = [];
  const seen = new Set<T>();
  const walk = (one: T, way: readonly T[]): void => {
    if (way.includes(one)) circles.push(way.slice(way.indexOf(one)));
    if (seen.has(one)) return;
    seen.add(one);
    for (const other of next(one)) walk(other, [...way, one]);
  };
  for (const one of all) walk(one, []);
  return circles;
}
