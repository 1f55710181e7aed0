import { matchesPattern } from "../privileges.ts";
import type { AppSpec, RoleSpec, StackSpec } from "../spec.ts";
import { roleAt } from "./names.ts";

/** Problems with where a role has its privileges, each with its key path. */
export function findPrivilegeProblems({ apps }: Pick<StackSpec, "apps">): string[] {
  return apps.flatMap((app) => [
    ...app.roles.flatMap((role) => findUnknownSchemas(app, role)),
    ...(app.provisioner === "postgresql" ? findRegistryProblems(app) : []),
  ]);
}

function findUnknownSchemas(app: AppSpec, role: RoleSpec): string[] {
  const { schemas, patterns } = app.database;
  const isKnown = (schema: string): boolean =>
    ["public", ...schemas].includes(schema) ||
    patterns.some((pattern) => matchesPattern(pattern, schema));
  const places = [
    ...role.scoped.map(({ schema }) => ({ key: "privileges", schema })),
    ...role.except.map(({ schema }) => ({ key: "except", schema })),
  ];
  const unknown = places.flatMap(({ key, schema }) =>
    schema === undefined || isKnown(schema)
      ? []
      : `${roleAt(app, role, key)}: the app does not have schema "${schema}"; allowed are ${["public", ...schemas, ...patterns].join(", ")}, or add it to database.schemas`,
  );
  return [...new Set(unknown)];
}

/** @pulumi/postgresql grants on all objects in a schema that it knows by name. */
function findRegistryProblems(app: AppSpec): string[] {
  const fix = `set berth:apps.${app.name}.provisioner to berth`;
  const byName = (role: RoleSpec, key: string, isThere: boolean): string[] =>
    isThere
      ? [
          `${roleAt(app, role, key)}: provisioner postgresql grants on all objects in a schema, not on some by name; ${fix}`,
        ]
      : [];
  return [
    ...(app.database.patterns.length === 0
      ? []
      : [
          `berth:apps.${app.name}.database.schemas: provisioner postgresql has to know each schema by name; list them, or ${fix}`,
        ]),
    ...app.roles.flatMap((role) => [
      ...byName(
        role,
        "privileges",
        role.scoped.some(({ name }) => name !== undefined),
      ),
      ...byName(role, "except", role.except.length > 0),
    ]),
  ];
}
