import { type AppDecision, listActions } from "../../components/postgres/diff/decide-app.ts";
import type { AppDatabaseState } from "../../components/postgres/plan/app-properties.ts";
import { type Action, describeAction } from "../../components/postgres/statements/actions.ts";
import type { Changes } from "../rpc/resource-handler.ts";

/** Permissions for the run and no properties of the app; switching them changes nothing. */
const permissions: ReadonlySet<string> = new Set(["adopt", "recreate"]);

/** What a program changed, by the property it changed, down to `roles.admin.grants.table`. */
export function compareStates(old: AppDatabaseState, wanted: AppDatabaseState): Changes {
  const changes = compare("", old, wanted);
  // Another name is another database: it is made, and the old one stays with what it holds.
  return changes["database.name"] === undefined
    ? changes
    : { ...changes, "database.name": "replace" };
}

function compare(path: string, old: unknown, wanted: unknown): Changes {
  if (isEmpty(old) && isEmpty(wanted)) return {};
  if (isObject(old) && isObject(wanted)) {
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

/** No privileges are the same as no word of them. */
function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Roles' keys whose verifier differs. */
export function compareVerifiers(
  old: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): readonly string[] {
  return [...wanted].filter(([key, verifier]) => old.get(key) !== verifier).map(([key]) => key);
}

/** The properties that differ on the server, or stand in the way of a run; for state. */
export function listDrift(decision: AppDecision): string[] {
  const { problems, superuser } = decision;
  const paths = listActions(decision).map(({ path }) => path);
  return [...new Set([...paths, ...[...problems, ...superuser].map(({ at }) => at)])];
}

/** The same for people: what a run would do, each with the property that asks for it. */
export function describeActions(actions: readonly Action[]): readonly string[] {
  return actions.map((action) => `${action.path}: ${describeAction(action)}`);
}

/** Lines under a title. */
export function toText(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`)].join("\n");
}
