import type { AppSpec, StackSpec } from "../spec.ts";

/** What the keys about an app's database say together that cannot be had, each with its key path. */
export function findContentProblems({ apps }: Pick<StackSpec, "apps">): string[] {
  return apps.flatMap((app) => [
    ...findRepeated(app, "schemas", app.database.schemas),
    ...findRepeated(
      app,
      "extensions",
      app.database.extensions.map(({ name }) => name),
    ),
    ...findHomeless(app),
    ...(app.provisioner === "postgresql"
      ? [...findStockProblems(app), ...findStockNames(app)]
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

function findHomeless(app: AppSpec): string[] {
  const homes = ["public", "pg_catalog", ...app.database.schemas];
  return app.database.extensions
    .filter(({ schema }) => !homes.includes(schema))
    .map(
      ({ name, schema }) =>
        `${at(app, "extensions")}: "${name}" shall be in schema "${schema}", which the app does not have; allowed are ${homes.join(", ")}, or add it to database.schemas`,
    );
}

/**
 * The registry's grant on functions is on all of a schema, an extension's own included. Those belong to
 * the superuser, so that it never finds what it asked for and changes it in every run.
 */
function findStockProblems(app: AppSpec): string[] {
  const schemas = ["public", ...app.database.schemas];
  const extension = app.database.extensions.find(({ schema }) => schemas.includes(schema));
  const role = app.roles.find(({ privileges }) => privileges.function !== undefined);
  if (extension === undefined || role === undefined) return [];
  return [
    `berth:apps.${app.name}.roles.${role.key}.privileges.functions: with provisioner postgresql it would be asked for on the functions of extension "${extension.name}" as well, in every run anew; set provisioner to berth, or take one of the two out`,
  ];
}

/** The registry's provider puts names together with dots and commas, and takes them apart there. */
function findStockNames({ name: app, database, roles }: AppSpec): string[] {
  const problems: string[] = [];
  if (database.name.includes(".") && database.schemas.length + database.extensions.length > 0) {
    problems.push(
      `berth:apps.${app}.database.name: with provisioner postgresql, schemas and extensions cannot be in a database whose name holds a dot ("${database.name}"); set provisioner to berth`,
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
