import type { AppDatabaseState } from "../components/postgres/app-database-args.ts";
import type { FormerRole } from "../components/postgres/diff-roles.ts";
import { compareVerifiers } from "./app-database-changes.ts";
import { type AppDatabaseInputs, parseAppDatabase, parseStored } from "./app-database-inputs.ts";
import type { AppRequest } from "./app-database-work.ts";
import type { DiffRequest } from "./resource-handler.ts";

/** What state knows that the catalog cannot tell; `old` is undefined for an app that is new. */
export function toRequest(
  { state, verifiers }: AppDatabaseInputs,
  old: Pick<DiffRequest, "oldState" | "oldInputs"> | undefined,
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
    formerRoles: toFormerRoles(before?.state ?? parseStored(old.oldState), state),
    isKnown: isSure && before.state.database.name === state.database.name,
  };
}

function toFormerRoles(old: AppDatabaseState | undefined, state: AppDatabaseState): FormerRole[] {
  const names = new Set(Object.values(state.roles).map((role) => role.name));
  return Object.entries(old?.roles ?? {})
    .filter(([, role]) => !names.has(role.name))
    .map(([key, { name }]) => ({ key, name }));
}
