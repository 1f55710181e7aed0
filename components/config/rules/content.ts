import type { AppSpec, StackSpec } from "../spec.ts";

/** Problems between the keys of an app's database, each with its key path. */
export function findContentProblems({ apps }: Pick<StackSpec, "apps">): string[] {
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
      ? [
          ...findFurtherDatabases(app),
          ...findRegistryProblems(app),
          ...findRegistryNameProblems(app),
          ...findRegistrySettings(app),
          ...findRegistryLocale(app),
          ...findRegistryPublications(app),
          ...findRegistryFunctions(app),
        ]
      : []),
  ]);
}

function at(app: AppSpec, key: string): string {
  return `berth:apps.${app.name}.database.${key}`;
}

function findRepeated(app: AppSpec, key: string, names: readonly string[]): string[] {
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(repeated)].map((name) => `${at(app, key)}: "${name}" is listed twice`);
}

function findUnknownSchemas(app: AppSpec): string[] {
  const schemas = ["public", "pg_catalog", ...app.database.schemas];
  return app.database.extensions
    .filter(({ schema }) => !schemas.includes(schema))
    .map(
      ({ name, schema }) =>
        `${at(app, "extensions")}: "${name}" has schema "${schema}", which the app does not have; allowed are ${schemas.join(", ")}, or add it to database.schemas`,
    );
}

function findFurtherDatabases(app: AppSpec): string[] {
  const { names } = app.database;
  if (names.length === 1) return [];
  return [
    `${at(app, "names")}: got ${String(names.length)} names; provisioner postgresql makes one database for an app; set berth:apps.${app.name}.provisioner to berth, or name one`,
  ];
}

/**
 * @pulumi/postgresql grants on all functions of a schema, an extension's own included. Those belong to the
 * superuser, so the grant never takes effect and every run shows a change.
 */
function findRegistryProblems(app: AppSpec): string[] {
  const schemas = ["public", ...app.database.schemas];
  const extension = app.database.extensions.find(({ schema }) => schemas.includes(schema));
  const role = app.roles.find(({ privileges, scoped }) =>
    [privileges, ...scoped.map(({ grants }) => grants)].some((one) => one.function !== undefined),
  );
  if (extension === undefined || role === undefined) return [];
  return [
    `berth:apps.${app.name}.roles.${role.key}.privileges.functions: provisioner postgresql would grant it on the functions of extension "${extension.name}" as well, again in every run; set provisioner to berth, or remove one of the two`,
  ];
}

/** @pulumi/postgresql joins names with dots and commas, and splits them there again. */
function findRegistryNameProblems({ name: app, database, roles }: AppSpec): string[] {
  const problems: string[] = [];
  if (database.name.includes(".") && database.schemas.length + database.extensions.length > 0) {
    problems.push(
      `berth:apps.${app}.database.name: got "${database.name}"; provisioner postgresql cannot make schemas and extensions in a database with a dot in its name; set provisioner to berth`,
    );
  }
  for (const { key, searchPath } of roles) {
    const part = searchPath.find((one) => /, |"/.test(one));
    if (part === undefined) continue;
    const path = key === "owner" ? "owner.searchPath" : `roles.${key}.searchPath`;
    problems.push(
      `berth:apps.${app}.${path}: provisioner postgresql cannot write ${JSON.stringify(part)} into a search_path; set provisioner to berth`,
    );
  }
  return problems;
}

/** Of the settings of a role @pulumi/postgresql knows four, and of those of a database none. */
function findRegistrySettings(app: AppSpec): string[] {
  const places = [
    { path: "database.settings", settings: app.database.settings },
    ...app.roles.map(({ key, parameters: settings }) => ({
      path: key === "owner" ? "owner.settings" : `roles.${key}.settings`,
      settings,
    })),
  ];
  return places
    .filter(({ settings }) => Object.keys(settings).length > 0)
    .map(
      ({ path }) =>
        `berth:apps.${app.name}.${path}: provisioner postgresql cannot set them; set provisioner to berth`,
    );
}

/** @pulumi/postgresql makes no database whose texts ICU orders. */
function findRegistryLocale(app: AppSpec): string[] {
  if (app.database.icuLocale === undefined) return [];
  return [
    `${at(app, "icuLocale")}: provisioner postgresql cannot set it; set provisioner to berth`,
  ];
}

/** @pulumi/postgresql's publication would drop the tables that an app has added. */
function findRegistryPublications(app: AppSpec): string[] {
  if (app.database.publications.length === 0) return [];
  return [
    `${at(app, "publications")}: provisioner postgresql makes none; set provisioner to berth`,
  ];
}

function findRegistryFunctions(app: AppSpec): string[] {
  return app.database.extensions
    .filter(({ functions }) => functions !== undefined)
    .map(
      ({ name }) =>
        `${at(app, "extensions")}: "${name}" has functions: owner, which provisioner postgresql cannot do; set provisioner to berth`,
    );
}
