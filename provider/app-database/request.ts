import { escapeIdentifier } from "pg";
import type { AppDatabaseState } from "../../components/postgres/plan/app-state.ts";
import type { FormerRole } from "../../components/postgres/plan/former-role.ts";
import type { PropertyMap } from "../rpc/property-values.ts";
import type { DiffRequest } from "../rpc/resource-handler.ts";
import type { AppRequest } from "./app-request.ts";
import { compareVerifiers } from "./changes.ts";
import {
  type AppDatabaseInputs,
  parseAppDatabase,
  parseLeaving,
  parseStored,
  toProperties,
} from "./inputs.ts";

/**
 * What state knows that the catalog cannot tell; `old` is undefined for an app that is new.
 *
 * @param isNeeded Whether another app has a role of this name now.
 */
export function toRequest(
  { state, verifiers }: AppDatabaseInputs,
  old: Pick<DiffRequest, "oldState" | "oldInputs"> | undefined,
  isNeeded: (role: string) => boolean,
): AppRequest {
  if (old === undefined) {
    const newPasswords = new Set(verifiers.keys());
    return { state, verifiers, newPasswords, formerRoles: [], leftBehind: [], isKnown: false };
  }
  const before = parseAppDatabase(old.oldInputs);
  const known = before?.state ?? parseStored(old.oldState);
  const isSure = before !== undefined && old.oldState["incomplete"] !== true;
  return {
    state,
    verifiers,
    newPasswords: new Set(
      isSure ? compareVerifiers(before.verifiers, verifiers) : verifiers.keys(),
    ),
    formerRoles: toFormerRoles(known, parseLeaving(old.oldState), state).map((role) => ({
      ...role,
      isElsewhere: isNeeded(role.name),
    })),
    leftBehind: known === undefined ? [] : describeLeftBehind(known, state),
    isKnown: isSure && before.state.database.name === state.database.name,
  };
}

/** What state says of an app after a run that stopped halfway. */
export function toStopped({ state, formerRoles }: AppRequest): PropertyMap {
  const leaving = formerRoles.map(({ key, name, schemas = [] }) => ({
    ...{ key, name },
    schemas: [...schemas],
  }));
  return { ...toProperties(state), incomplete: true, leaving };
}

/** What state remembers of a run that stopped halfway, until one has gone through; undefined = nothing. */
export function toUnfinished({ incomplete, leaving = [] }: PropertyMap): PropertyMap | undefined {
  return incomplete === true ? { incomplete, leaving } : undefined;
}

/** What the entry does not list any more stays on the server; the operator is told once. */
function describeLeftBehind(old: AppDatabaseState, state: AppDatabaseState): string[] {
  const { name: database } = state.database;
  if (old.database.name !== database) return [];
  const extensions = old.extensions.filter(
    ({ name }) => !state.extensions.some((extension) => extension.name === name),
  );
  const schemas = old.schemas.filter((schema) => !state.schemas.includes(schema));
  const left = [
    ...extensions.map(({ name }) => ["extension", name] as const),
    ...schemas.map((schema) => ["schema", schema] as const),
  ];
  return left.map(
    ([kind, name]) =>
      `app ${state.app}: ${kind} "${name}" left the entry and stays in database ${database}, with what it holds and who may use it. To drop it: DROP ${kind.toUpperCase()} ${escapeIdentifier(name)}; as its owner, in that database`,
  );
}

/** With those that an earlier run did not get to, since a run that stops halfway moves the inputs on. */
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
