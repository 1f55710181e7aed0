import type { AppDatabaseState } from "../components/postgres/app-database-args.ts";
import type { FormerRole } from "../components/postgres/diff-roles.ts";
import { compareVerifiers } from "./app-database-changes.ts";
import {
  type AppDatabaseInputs,
  parseAppDatabase,
  parseLeaving,
  parseStored,
} from "./app-database-inputs.ts";
import type { AppRequest } from "./app-database-work.ts";
import type { DiffRequest } from "./resource-handler.ts";

/**
 * What state knows that the catalog cannot tell; `old` is undefined for an app that is new.
 *
 * @param isNeeded Whether another app has a role of this name now; it has not left then.
 */
export function toRequest(
  { state, verifiers }: AppDatabaseInputs,
  old: Pick<DiffRequest, "oldState" | "oldInputs"> | undefined,
  isNeeded: (role: string) => boolean,
): AppRequest {
  if (old === undefined) {
    const newPasswords = new Set(verifiers.keys());
    return { state, verifiers, newPasswords, formerRoles: [], isKnown: false };
  }
  const before = parseAppDatabase(old.oldInputs);
  const isSure = before !== undefined && old.oldState["incomplete"] !== true;
  return {
    state,
    verifiers,
    newPasswords: new Set(
      isSure ? compareVerifiers(before.verifiers, verifiers) : verifiers.keys(),
    ),
    formerRoles: toFormerRoles(
      before?.state ?? parseStored(old.oldState),
      parseLeaving(old.oldState),
      state,
    ).filter(({ name }) => !isNeeded(name)),
    isKnown: isSure && before.state.database.name === state.database.name,
  };
}

/** With those that an earlier run did not get to, since a run that stops halfway moves the inputs on. */
function toFormerRoles(
  old: AppDatabaseState | undefined,
  leaving: readonly FormerRole[],
  state: AppDatabaseState,
): FormerRole[] {
  const names = new Set(Object.values(state.roles).map((role) => role.name));
  const left = Object.entries(old?.roles ?? {}).map(([key, { name }]) => ({ key, name }));
  return [...left, ...leaving]
    .filter(({ name }) => !names.has(name))
    .filter((role, index, all) => all.findIndex(({ name }) => name === role.name) === index);
}
