import type { ObjectType } from "../../config/privileges.ts";
import { type SettingsByName, sortSettings } from "../../config/schema/postgres/settings.ts";
import { sortUnique } from "../../sort.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { withoutTables } from "../catalog/publications.ts";
import { searchPathOf, settingOf, toLiveSettings } from "../catalog/settings.ts";
import type { AppDatabaseState, RoleState } from "../plan/app-properties.ts";
import type { Action } from "../statements/actions.ts";

/**
 * State of an app after a refresh: the live app where it differs from its plan. It is computed backwards from
 * the actions of `up`, so the two always agree. A privilege that is missing on one of many tables counts as
 * missing; the report of the refresh names the table.
 */
export function toLiveState(
  state: AppDatabaseState,
  actions: readonly Action[],
  catalog: Catalog,
): AppDatabaseState {
  return actions.reduce((live, action) => {
    const roles = Object.entries(live.roles).flatMap(([key, role]) => {
      const found = isAbout(action, role) ? undoRole(role, action, catalog) : role;
      return found === undefined ? [] : [[key, found] as const];
    });
    const database = undoDatabase(live.database, action, catalog);
    return { ...undoContents(live, action), database, roles: Object.fromEntries(roles) };
  }, state);
}

/** Whether an action creates or changes a role or its privileges. */
export function isAbout(action: Action, role: { readonly name: string }): boolean {
  if ("grantee" in action) return action.grantee === role.name;
  if (action.kind === "create-role") return action.role.name === role.name;
  return "role" in action && action.role === role.name;
}

/** The role before the action; undefined = it did not exist. */
function undoRole(role: RoleState, action: Action, catalog: Catalog): RoleState | undefined {
  const live = catalog.roles.get(role.name);
  switch (action.kind) {
    case "create-role":
      return undefined;
    case "limit-connections":
      return { ...role, connectionLimit: live?.connectionLimit ?? -1 };
    case "set-search-path":
      return { ...role, searchPath: live === undefined ? [] : searchPathOf(live) };
    case "join":
      return { ...role, memberOf: without(role.memberOf, [action.group]) };
    case "leave":
      return { ...role, memberOf: sortUnique([...role.memberOf, action.group]) };
    case "set-setting":
    case "reset-setting": {
      const settings = undoSetting(role.settings, action.name, live?.settings ?? []);
      return { ...role, settings };
    }
    case "set-role":
      return { ...role, setRole: live === undefined ? undefined : settingOf(live, "role") };
    case "grant":
    case "grant-default":
      return withGrant(role, typeOf(action), (granted) => without(granted, action.privileges));
    case "revoke":
    case "revoke-default":
      return withGrant(role, typeOf(action), (granted) =>
        sortUnique([...granted, ...action.privileges]),
      );
    case "create-ownership-role":
    case "comment-ownership-role":
    case "set-password":
    case "clear-password":
    case "set-attributes":
    case "join-admin":
    case "create-database":
    case "drop-database":
    case "reassign-owned":
    case "drop-owned":
    case "drop-role":
    case "create-schema":
    case "create-extension":
    case "update-extension":
    case "create-publication":
    case "extend-publication":
    case "hand-over-functions":
      return role;
  }
}

function undoContents(live: AppDatabaseState, action: Action): AppDatabaseState {
  const { schemas, extensions } = live;
  if (action.kind === "create-schema")
    return { ...live, schemas: without(schemas, [action.schema]) };
  if (action.kind === "create-extension") {
    const { name } = action.extension;
    return { ...live, extensions: extensions.filter((one) => one.name !== name) };
  }
  if (action.kind === "create-publication" || action.kind === "extend-publication") {
    return { ...live, ...undoPublication(live, action) };
  }
  const withExtension = (
    name: string,
    changed: Partial<(typeof extensions)[number]>,
  ): AppDatabaseState => ({
    ...live,
    extensions: extensions.map((one) => (one.name === name ? { ...one, ...changed } : one)),
  });
  if (action.kind === "hand-over-functions") {
    return withExtension(action.extension, { functions: undefined });
  }
  if (action.kind !== "update-extension") return live;
  return withExtension(action.name, { version: action.from });
}

function undoPublication(
  { publications = [] }: AppDatabaseState,
  action: Extract<Action, { readonly kind: `${string}-publication` }>,
): Pick<AppDatabaseState, "publications"> {
  return {
    publications: publications.flatMap((one) => {
      if (one.name !== action.name) return [one];
      if (action.kind === "create-publication" || one.tables === "all") return [];
      return [{ ...one, tables: withoutTables(one.tables, action.tables) }];
    }),
  };
}

function undoDatabase(
  database: AppDatabaseState["database"],
  action: Action,
  catalog: Catalog,
): AppDatabaseState["database"] {
  if (action.path === "database.revokePublic") return { ...database, revokePublic: false };
  if ("role" in action) return database;
  const { settings = [], connectionLimit = -1 } = catalog.databases.get(database.name) ?? {};
  if (action.kind === "limit-connections") return { ...database, connectionLimit };
  return action.kind === "set-setting" || action.kind === "reset-setting"
    ? { ...database, settings: undoSetting(database.settings, action.name, settings) }
    : database;
}

function undoSetting(
  settings: SettingsByName,
  name: string,
  live: readonly string[],
): SettingsByName {
  const value = toLiveSettings(live).get(name);
  const others = Object.entries(settings).filter(([one]) => one !== name);
  return sortSettings(
    Object.fromEntries(value === undefined ? others : [...others, [name, value]]),
  );
}

function typeOf(action: Extract<Action, { privileges: readonly string[] }>): ObjectType {
  return "on" in action ? action.on.type : action.type;
}

function withGrant(
  role: RoleState,
  type: ObjectType,
  change: (granted: readonly string[]) => readonly string[],
): RoleState {
  return { ...role, grants: { ...role.grants, [type]: change(role.grants[type] ?? []) } };
}

function without(all: readonly string[], gone: readonly string[]): string[] {
  return all.filter((one) => !gone.includes(one));
}
