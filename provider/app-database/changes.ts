import { describeProblem } from "../../components/errors.ts";
import { isMapping } from "../../components/mapping.ts";
import { type AppDecision, listActions } from "../../components/postgres/diff/decide-app.ts";
import type { AppDatabaseState } from "../../components/postgres/plan/app-properties.ts";
import type { PropertyMap } from "../rpc/property-values.ts";
import type { Changes } from "../rpc/resource-handler.ts";

/** Permissions for the run. They are no property of the app, so a change of them is no change. */
const permissions: ReadonlySet<string> = new Set(["adopt", "recreate"]);

/** What the program changed, by the path of the property, such as `roles.admin.grants.table`. */
export function compareStates(old: AppDatabaseState, wanted: AppDatabaseState): Changes {
  const changes = compare("", old, wanted);
  // Another name means another database. It is created, and the old one stays with its data.
  return changes["database.name"] === undefined
    ? changes
    : { ...changes, "database.name": "replace" };
}

function compare(path: string, old: unknown, wanted: unknown): Changes {
  if (isEmpty(old) && isEmpty(wanted)) return {};
  if (isMapping(old) && isMapping(wanted)) {
    const names = Object.keys({ ...old, ...wanted });
    const inner = names.map((name) =>
      path === "" && permissions.has(name)
        ? {}
        : compare(path === "" ? name : `${path}.${name}`, old[name], wanted[name]),
    );
    return Object.assign({}, ...inner) as Changes;
  }
  if (JSON.stringify(old) === JSON.stringify(wanted)) return {};
  return { [path]: isEmpty(old) ? "add" : isEmpty(wanted) ? "delete" : "update" };
}

/** An empty list of privileges equals no list. */
function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

export function compareVerifiers(
  old: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): readonly string[] {
  return [...wanted].filter(([key, verifier]) => old.get(key) !== verifier).map(([key]) => key);
}

/** Paths of the properties that differ on the server or keep a run from going on; for state. */
export function listDrift(decision: AppDecision): string[] {
  const { problems, superuser } = decision;
  const paths = listActions(decision).map(({ path }) => path);
  return [...new Set([...paths, ...[...problems, ...superuser].map(({ at }) => at)])];
}

/** What a refresh found beside the actions, as text for the operator. */
export function listFound({ problems, notes, superuser, unstated }: AppDecision): string[] {
  return [...notes, ...[...problems, ...superuser, ...unstated].map(describeProblem)];
}

/**
 * What a refresh found, for state: the paths that a run changes or refuses, and those of what the entry does not
 * state and no run changes.
 */
export function toFound(decision: AppDecision): PropertyMap {
  const drift = listDrift(decision);
  const unstated = [...new Set(decision.unstated.map(({ at }) => at))];
  return {
    ...(drift.length === 0 ? {} : { drift }),
    ...(unstated.length === 0 ? {} : { unstated }),
  };
}
