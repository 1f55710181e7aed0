import { type Problem, problemAt, problemWhen } from "../../errors.ts";
import type { AppSpec, StackSpec } from "../spec.ts";
import { appAt, roleAt } from "./names.ts";

export function findContentProblems({ apps }: Pick<StackSpec, "apps">): Problem[] {
  return apps.flatMap((app) => [
    ...findRepeated(app, "names", app.database.names),
    ...findRepeated(app, "schemas", app.database.schemas),
    ...findRepeated(
      app,
      "extensions",
      app.database.extensions.map(({ name }) => name),
    ),
    ...findUnknownSchemas(app),
    ...(app.provisioner === "postgresql"
      ? [...findFurtherDatabases(app), ...findRegistryGrants(app), ...findUnsupported(app)]
      : []),
  ]);
}

function findRepeated(app: AppSpec, key: string, names: readonly string[]): Problem[] {
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return repeated.map((name) =>
    problemAt(appAt(app, `database.${key}`), `"${name}" is listed twice; remove one`),
  );
}

function findUnknownSchemas(app: AppSpec): Problem[] {
  const schemas = ["public", "pg_catalog", ...app.database.schemas];
  return app.database.extensions
    .filter(({ schema }) => !schemas.includes(schema))
    .map(({ name, schema }) =>
      problemAt(
        appAt(app, "database.extensions"),
        `"${name}" has schema "${schema}", which the app does not have; allowed are ${schemas.join(", ")}, or add it to database.schemas`,
      ),
    );
}

function findFurtherDatabases(app: AppSpec): Problem[] {
  const { names } = app.database;
  if (names.length === 1) return [];
  return [
    problemAt(
      appAt(app, "database.names"),
      `got ${String(names.length)} names; provisioner postgresql makes one database for an app; set berth:apps.${app.name}.provisioner to berth, or name one`,
    ),
  ];
}

/**
 * @pulumi/postgresql grants on all functions of a schema, an extension's own included. Those belong to the
 * superuser, so the grant never takes effect and every run shows a change.
 */
function findRegistryGrants(app: AppSpec): Problem[] {
  const schemas = ["public", ...app.database.schemas];
  const extension = app.database.extensions.find(({ schema }) => schemas.includes(schema));
  const role = app.roles.find(({ privileges, scoped }) =>
    [privileges, ...scoped.map(({ grants }) => grants)].some((one) => one.function !== undefined),
  );
  if (extension === undefined || role === undefined) return [];
  return [
    problemAt(
      `berth:apps.${app.name}.roles.${role.key}.privileges.functions`,
      `provisioner postgresql would grant it on the functions of extension "${extension.name}" as well, again in every run; set provisioner to berth, or remove one of the two`,
    ),
  ];
}

/** Names in a search_path that @pulumi/postgresql cannot write. */
export function findUnwritable(searchPath: readonly string[]): string[] {
  return searchPath.filter((part) => part === "" || /, |"/.test(part));
}

/** What @pulumi/postgresql cannot make. */
function findUnsupported(app: AppSpec): Problem[] {
  const { name, schemas, extensions, settings, icuLocale, publications } = app.database;
  const problems = [
    // It joins names with dots and commas, and splits them there again.
    ...problemWhen(
      name.includes(".") && schemas.length + extensions.length > 0,
      appAt(app, "database.name"),
      `got "${name}"; provisioner postgresql cannot make schemas and extensions in a database with a dot in its name`,
    ),
    ...app.roles.flatMap((role) => {
      const [part] = findUnwritable(role.searchPath);
      if (part === undefined) return [];
      return problemAt(
        roleAt(app, role, "searchPath"),
        `provisioner postgresql cannot write ${JSON.stringify(part)} into a search_path`,
      );
    }),
    // Of the settings of a role it knows four, and of those of a database none.
    ...[
      { path: appAt(app, "database.settings"), given: settings },
      ...app.roles.map((role) => ({ path: roleAt(app, role, "settings"), given: role.parameters })),
    ]
      .filter(({ given }) => Object.keys(given).length > 0)
      .map(({ path }) => problemAt(path, "provisioner postgresql cannot set them")),
    // It makes no database whose texts ICU orders.
    ...problemWhen(
      icuLocale !== undefined,
      appAt(app, "database.icuLocale"),
      "provisioner postgresql cannot set it",
    ),
    // Its publication would drop the tables that an app has added.
    ...problemWhen(
      publications.length > 0,
      appAt(app, "database.publications"),
      "provisioner postgresql makes none",
    ),
    ...extensions
      .filter(({ functions }) => functions !== undefined)
      .map((one) =>
        problemAt(
          appAt(app, "database.extensions"),
          `"${one.name}" has functions: owner, which provisioner postgresql cannot do`,
        ),
      ),
  ];
  return problems.map((one) => ({ ...one, what: `${one.what}; set provisioner to berth` }));
}
