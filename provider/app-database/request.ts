import { escapeIdentifier } from "pg";
import {
  type SettingsByName,
  sortSettings,
} from "../../components/config/schema/postgres/settings.ts";
import type { AppContext } from "../../components/postgres/diff/decide-app.ts";
import type { AppDatabaseState } from "../../components/postgres/plan/app-properties.ts";
import { toPlan } from "../../components/postgres/plan/app-state.ts";
import type { FormerRole, FormerSettings } from "../../components/postgres/plan/former-role.ts";
import { type DatabasePlan, hasNoPassword } from "../../components/postgres/plan/plan.ts";
import type { PostgresConfig } from "../../components/postgres/server/config.ts";
import { type PropertyMap, toPropertyMap } from "../rpc/property-values.ts";
import type { DiffRequest } from "../rpc/resource-handler.ts";
import { compareVerifiers } from "./changes.ts";
import { type AppDatabaseInputs, parseAppDatabase, parseLeaving, parseStored } from "./inputs.ts";

/** The wanted state of one app, and the context of the decision. */
export interface AppRequest {
  readonly state: AppDatabaseState;
  readonly plan: DatabasePlan;
  readonly context: AppContext & Required<Pick<AppContext, "verifiers" | "formerRoles">>;
  /** Schemas and extensions that left the entry, as text for the operator. */
  readonly leftBehind: readonly string[];
}

export type Wanted = Pick<AppRequest, "plan" | "context">;

/** A request without knowledge from state. */
export function toPlainRequest(
  { state, verifiers }: AppDatabaseInputs,
  postgres: PostgresConfig,
  isKnown: boolean,
): AppRequest {
  const { reclaimPolicy, recreate = false } = state;
  return {
    state,
    plan: toPlan(state, postgres.ownershipRole),
    context: { postgres, verifiers, formerRoles: [], reclaimPolicy, recreate, isKnown },
    leftBehind: [],
  };
}

/**
 * A request with what state knows and the catalog does not.
 *
 * @param old undefined = the app is new.
 * @param isNeeded Whether another app has a role of this name now.
 */
export function toRequest(
  inputs: AppDatabaseInputs,
  old: Pick<DiffRequest, "oldState" | "oldInputs"> | undefined,
  postgres: PostgresConfig,
  isNeeded: (role: string) => boolean,
): AppRequest {
  const { state, verifiers } = inputs;
  const before = old === undefined ? undefined : parseAppDatabase(old.oldInputs);
  const { incomplete, superuserLeft } = old?.oldState ?? {};
  const isSure = before !== undefined && (incomplete !== true || superuserLeft === true);
  const isKnown = isSure && before.state.database.name === state.database.name;
  const request = toPlainRequest(inputs, postgres, isKnown);
  const open = Object.entries(state.roles).flatMap(([key, role]) =>
    hasNoPassword(role) ? [key] : [],
  );
  const newPasswords = new Set(
    isSure
      ? [
          ...compareVerifiers(before.verifiers, verifiers),
          ...open.filter((key) => !hasNoPassword(before.state.roles[key] ?? {})),
        ]
      : [...verifiers.keys(), ...open],
  );
  const formerSettings = toFormerSettings([before?.state, parseStored(old?.oldState ?? {})], state);
  const context = { ...request.context, newPasswords, formerSettings, isToCome: isNeeded };
  if (old === undefined) return { ...request, context };
  const known = before?.state ?? parseStored(old.oldState);
  const formerRoles = toFormerRoles(known, parseLeaving(old.oldState), state).map((role) => ({
    ...role,
    isElsewhere: isNeeded(role.name),
  }));
  return {
    ...request,
    context: { ...context, formerRoles },
    leftBehind: known === undefined ? [] : describeLeftBehind(known, state),
  };
}

/**
 * State of an app after a run that stopped halfway.
 *
 * @param superuserLeft All is done but what only a superuser can do. So the passwords are those of the inputs.
 */
export function toStopped({ state, context }: AppRequest, superuserLeft: boolean): PropertyMap {
  const { formerRoles, formerSettings } = context;
  const leaving = formerRoles.map(({ key, name, schemas = [] }) => ({ key, name, schemas }));
  const roles = Object.entries(state.roles).map(([key, role]) => {
    const settings = withFormer(key, role.settings, formerSettings);
    return [key, { ...role, settings }] as const;
  });
  const settings = withFormer("database", state.database.settings, formerSettings);
  const stopped = {
    ...state,
    database: { ...state.database, settings },
    roles: Object.fromEntries(roles),
  };
  const left = superuserLeft ? { superuserLeft } : {};
  return { ...toPropertyMap(stopped), incomplete: true, ...left, leaving };
}

/**
 * Names of the settings in these states, of the roles and the database that still have the same names. After a refresh
 * state has live values, but only of settings that the entry names.
 */
function toFormerSettings(
  states: readonly (AppDatabaseState | undefined)[],
  wanted: AppDatabaseState,
): FormerSettings {
  const all = states.flatMap((state) => {
    if (state === undefined) return [];
    const { database } = state;
    const roles = Object.entries(state.roles)
      .filter(([key, { name }]) => wanted.roles[key]?.name === name)
      .map(([key, role]) => [key, role.settings] as const);
    const isSame = database.name === wanted.database.name;
    return [...(isSame ? [["database", database.settings] as const] : []), ...roles];
  });
  const byKey = Map.groupBy(all, ([key]) => key);
  return new Map(
    [...byKey].map(([key, found]) => {
      const names = found.flatMap(([, settings]) => Object.keys(settings));
      return [key, [...new Set(names)]] as const;
    }),
  );
}

/** State of a stopped run: its settings are those of the program and those that it may not have reset yet. */
function withFormer(
  key: string,
  settings: SettingsByName,
  former?: FormerSettings,
): SettingsByName {
  const unknown = (former?.get(key) ?? []).map((name) => [name, ""] as const);
  return sortSettings({ ...Object.fromEntries(unknown), ...settings });
}

/** What state keeps of a stopped run until a run succeeds; undefined = nothing. */
export function toUnfinished(state: PropertyMap): PropertyMap | undefined {
  const { incomplete, superuserLeft, leaving = [] } = state;
  const left = superuserLeft === true ? { superuserLeft } : {};
  return incomplete === true ? { incomplete, ...left, leaving } : undefined;
}

/** Says once that objects which left the entry stay on the server, and that nothing is copied any more. */
function describeLeftBehind(old: AppDatabaseState, state: AppDatabaseState): string[] {
  const { name: database } = state.database;
  if (old.database.name !== database) return [];
  const extensions = old.extensions.filter(
    ({ name }) => !state.extensions.some((extension) => extension.name === name),
  );
  const schemas = old.schemas.filter((schema) => !state.schemas.includes(schema));
  const publications = (old.publications ?? []).filter(
    ({ name }) => state.publications?.some((one) => one.name === name) !== true,
  );
  const left = [
    ...extensions.map(({ name }) => ["extension", name] as const),
    ...schemas.map((schema) => ["schema", schema] as const),
    ...publications.map(({ name }) => ["publication", name] as const),
  ];
  const { template } = state.database;
  const isUnused = template !== undefined && template !== old.database.template;
  const unused = `app ${state.app}: database "${database}" exists, so template "${template ?? ""}" has no effect`;
  const all = left.map(
    ([kind, name]) =>
      `app ${state.app}: ${kind} "${name}" left the entry and stays in database ${database}, with what it holds and who may use it. To drop it: DROP ${kind.toUpperCase()} ${escapeIdentifier(name)}; as its owner, in that database`,
  );
  return isUnused ? [...all, unused] : all;
}

/** Includes the roles that a stopped run did not reach, because the inputs in state are newer by then. */
function toFormerRoles(
  old: AppDatabaseState | undefined,
  leaving: readonly FormerRole[],
  state: AppDatabaseState,
): FormerRole[] {
  const names = new Set(Object.values(state.roles).map((role) => role.name));
  const schemas = old?.database.name === state.database.name ? old.schemas : [];
  const left = Object.entries(old?.roles ?? {}).map(([key, { name }]) => ({ key, name, schemas }));
  return [...left, ...leaving]
    .filter(({ name }) => !names.has(name))
    .filter((role, index, all) => all.findIndex(({ name }) => name === role.name) === index);
}
