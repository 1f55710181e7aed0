import { type Problem, problemAt, problemWhen } from "../../errors.ts";
import { when } from "../../when.ts";
import { matchesPattern } from "../privileges.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../spec.ts";
import { roleAt } from "./names.ts";

export function findPrivilegeProblems({ apps }: Pick<StackSpec, "apps">): Problem[] {
  return apps.flatMap((app) => [
    ...app.roles.flatMap((role) => findUnknownSchemas(app, role)),
    ...(app.provisioner === "postgresql" ? findRegistryProblems(app) : []),
  ]);
}

function findUnknownSchemas(app: AppSpec, role: RoleSpec): Problem[] {
  const { schemas, patterns } = app.database;
  const isKnown = (schema: string): boolean =>
    ["public", ...schemas].includes(schema) ||
    patterns.some((pattern) => matchesPattern(pattern, schema));
  const places = [
    ...role.scoped.map(({ schema }) => ({ key: "privileges", schema })),
    ...role.except.map(({ schema }) => ({ key: "except", schema })),
  ];
  return places.flatMap(({ key, schema }) =>
    schema === undefined || isKnown(schema)
      ? []
      : problemAt(
          roleAt(app, role, key),
          `the app does not have schema "${schema}"; allowed are ${["public", ...schemas, ...patterns].join(", ")}, or add it to database.schemas`,
        ),
  );
}

/** @pulumi/postgresql grants on all objects in a schema that it knows by name. */
function findRegistryProblems(app: AppSpec): Problem[] {
  const useBerth = `set berth:apps.${app.name}.provisioner to berth`;
  const byName = app.roles.flatMap((role) => [
    ...when(
      role.scoped.some(({ name }) => name !== undefined),
      roleAt(app, role, "privileges"),
    ),
    ...(role.except.length > 0 ? [roleAt(app, role, "except")] : []),
  ]);
  return [
    ...problemWhen(
      app.database.patterns.length > 0,
      `berth:apps.${app.name}.database.schemas`,
      `provisioner postgresql has to know each schema by name; list them, or ${useBerth}`,
    ),
    ...byName.map((at) =>
      problemAt(
        at,
        `provisioner postgresql grants on all objects in a schema, not on some by name; ${useBerth}`,
      ),
    ),
  ];
}
