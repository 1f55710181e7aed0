import { escapeIdentifier as id } from "pg";
import { commandLine } from "../../command-line.ts";
import { accessAt } from "../../config/derive/names.ts";
import type { NamedObjects } from "../../config/privileges.ts";
import type { SettingsByName } from "../../config/schema/postgres/settings.ts";
import type { LiveAccess } from "../catalog/access.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { LiveUnlisted } from "../catalog/unlisted.ts";
import { isInPattern } from "../plan/access.ts";
import { type DatabasePlan, isFurther } from "../plan/plan.ts";
import type { AppProblem } from "../rules/problem.ts";
import { toHandOver } from "../statements/hand-over.ts";

/** Objects, schemas and settings that others, or the app, made in the app's database. Pure. */

/** A restored database may hold thousands of objects. */
const mostStatements = 20;
const mostNames = 5;

/** Objects of other owners, one problem per owner. */
export function findObjects(plan: DatabasePlan, { objects }: LiveUnlisted): AppProblem[] {
  const { owner, name: database } = plan.database;
  return [...Map.groupBy(objects, (object) => object.owner)].map(([other, all]) => {
    const names = all.slice(0, mostNames).map(({ type, name }) => `${type} ${name}`);
    const more = all.length > mostNames ? ` and ${String(all.length - mostNames)} more` : "";
    const statements = toHandOver(all.slice(0, mostStatements), owner);
    const rest =
      all.length > mostStatements
        ? ` and so on for ${String(all.length - mostStatements)} more, which ${commandLine("adopt", plan.app)} prints`
        : "";
    return {
      code: "object-of-other",
      app: plan.app,
      at: "database.guests",
      what: `in database "${database}" role "${other}" owns ${names.join(", ")}${more}; "${owner}" does not, so Berth gives the app's roles nothing on that`,
      fix: `as a superuser, in database ${database}: ${statements.join(" ")}${rest} Or, to keep that, ${toGuestFix(plan, other)}`,
    };
  });
}

/** The edit that states a role of others as wanted. */
export function toGuestFix({ app }: Pick<DatabasePlan, "app">, role: string): string {
  return `add ${JSON.stringify(role)} to berth:apps.${app}.database.guests`;
}

/** Schemas of the owner that the entry does not list and that the app's other roles cannot enter. */
export function findSchemas(plan: DatabasePlan, { schemas }: LiveUnlisted): AppProblem[] {
  const { app, database } = plan;
  const others = schemas.filter(({ name }) => !isInPattern(plan, name));
  return others.map(({ name, roles }) => ({
    code: "schema-unlisted",
    app,
    at: "schemas",
    what: `role "${database.owner}" has made schema "${name}" in database "${database.name}", and ${roles.map((role) => `"${role}"`).join(", ")} cannot use it`,
    fix: `add ${JSON.stringify(name)} to berth:apps.${app}.database.schemas; or, as ${id(database.owner)}, in that database: GRANT USAGE ON SCHEMA ${id(name)} TO ${roles.map(id).join(", ")}`,
  }));
}

/** Names in an entry that no object of the app has: not yet, or they are mistyped. */
export function findMissingObjects(
  { app, database, roles }: DatabasePlan,
  { objects }: Pick<LiveAccess, "objects">,
): AppProblem[] {
  const names = new Set(objects.map(({ type, name }) => (type === "schema" ? "" : name)));
  const inSchemas = new Set(objects.map(({ schema, name }) => JSON.stringify([schema, name])));
  const isMissing = ({ schema, name }: NamedObjects): boolean =>
    schema === undefined ? !names.has(name) : !inSchemas.has(JSON.stringify([schema, name]));
  return roles.flatMap(({ key, except = [], scoped = [] }) => {
    const stated = scoped.flatMap(({ schema, name }) =>
      name === undefined ? [] : { schema, name },
    );
    const lists = [
      { at: "privileges", all: stated },
      { at: "except", all: except },
    ];
    return lists.flatMap(({ at, all }) => {
      const missing = all.filter(isMissing).map(({ schema, name }) => {
        const where = schema === undefined ? "" : `${schema}.`;
        return `"${where}${name}"`;
      });
      if (missing.length === 0) return [];
      return {
        code: "object-missing",
        app,
        at: `roles.${key}.${at === "except" ? at : "scoped"}`,
        what: `${accessAt(app, key)}.${at} names ${missing.join(", ")}, which database "${database.name}" does not have`,
        fix: "correct the name; or, if the app has yet to make it, run pulumi up once more after that",
      } as const;
    });
  });
}

/** Settings of the app's roles and database that the entry does not state. */
export function findSettings(
  plan: DatabasePlan,
  { roles }: Pick<Catalog, "roles">,
  { settings }: LiveUnlisted,
): AppProblem[] {
  const { app, database } = plan;
  const problem = (at: string, whose: string, setting: string, alter: string): AppProblem => ({
    code: "setting-unstated",
    app,
    at,
    what: `${whose} has the setting ${describeSetting(setting)}`,
    fix: `as a superuser: ALTER ${alter} RESET ${toSettingName(setting)}`,
  });
  return [
    ...(isFurther(plan) ? [] : plan.roles).flatMap(({ key, name, setRole, settings: own }) => {
      const stated = ["search_path", ...(setRole === undefined ? [] : ["role"])];
      return (roles.get(name)?.settings ?? [])
        .filter((setting) => !stated.includes(nameOf(setting)) && !isStated(setting, own))
        .map((one) => problem(`roles.${key}.settings`, `role "${name}"`, one, `ROLE ${id(name)}`));
    }),
    ...settings.flatMap(({ role, setting }) => {
      if (role === null && isStated(setting, database.settings)) return [];
      const where = `DATABASE ${id(database.name)}`;
      const key = plan.roles.find(({ name }) => name === role)?.key;
      return role === null
        ? problem("database.settings", `database "${database.name}"`, setting, where)
        : problem(
            key === undefined ? "database.settings" : `roles.${key}.settings`,
            `role "${role}", in database "${database.name}",`,
            setting,
            `ROLE ${id(role)} IN ${where}`,
          );
    }),
  ];
}

/** Names of settings have no case. */
function isStated(setting: string, stated: SettingsByName): boolean {
  const name = nameOf(setting).toLowerCase();
  return Object.keys(stated).some((one) => one.toLowerCase() === name);
}

function nameOf(setting: string): string {
  return setting.slice(0, setting.indexOf("="));
}

/** Without the value of an app's own setting (`app.jwt_secret`), which may be a secret. */
export function describeSetting(setting: string): string {
  const name = nameOf(setting);
  return name.includes(".") ? name : setting;
}

function toSettingName(setting: string): string {
  return nameOf(setting)
    .split(".")
    .map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : id(part)))
    .join(".");
}
