import { objectTypes } from "../../components/config/privileges.ts";
import type { AppDatabaseState, RoleState } from "../../components/postgres/plan/app-state.ts";
import type { ChangeKind, Changes } from "../rpc/resource-handler.ts";

/**
 * What a program changed, by the property it changed, down to `roles.admin.grants.table`. `adopt` and
 * `recreate` are permissions for the run and no properties of the app; switching them changes nothing.
 */
export function compareStates(old: AppDatabaseState, wanted: AppDatabaseState): Changes {
  const changes: Record<string, ChangeKind> = {};
  const compare = (path: string, before: unknown, after: unknown): void => {
    if (isSame(before, after)) return;
    changes[path] = before === undefined ? "add" : after === undefined ? "delete" : "update";
  };
  compare("app", old.app, wanted.app);
  compare("reclaimPolicy", old.reclaimPolicy, wanted.reclaimPolicy);
  compare("schemas", old.schemas, wanted.schemas);
  compare("extensions", old.extensions, wanted.extensions);
  // Another name is another database: it is made, and the old one stays with what it holds.
  if (old.database.name !== wanted.database.name) changes["database.name"] = "replace";
  for (const name of ["encoding", "connectionLimit", "revokePublic"] as const) {
    compare(`database.${name}`, old.database[name], wanted.database[name]);
  }
  for (const key of new Set([...Object.keys(old.roles), ...Object.keys(wanted.roles)])) {
    Object.assign(changes, compareRole(`roles.${key}`, old.roles[key], wanted.roles[key]));
  }
  return changes;
}

const roleProperties = [
  "name",
  "profile",
  "login",
  "actsAs",
  "connectionLimit",
  "memberOf",
  "searchPath",
] as const;

function compareRole(
  path: string,
  old: RoleState | undefined,
  wanted: RoleState | undefined,
): Changes {
  if (old === undefined) return { [path]: "add" };
  if (wanted === undefined) return { [path]: "delete" };
  const changes: Record<string, ChangeKind> = {};
  for (const name of roleProperties) {
    if (!isSame(old[name], wanted[name])) changes[`${path}.${name}`] = "update";
  }
  for (const type of objectTypes) {
    const before = old.grants[type] ?? [];
    const after = wanted.grants[type] ?? [];
    if (isSame(before, after)) continue;
    const kind = before.length === 0 ? "add" : after.length === 0 ? "delete" : "update";
    changes[`${path}.grants.${type}`] = kind;
  }
  return changes;
}

/** Roles' keys whose verifier differs. */
export function compareVerifiers(
  old: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): readonly string[] {
  return [...wanted].filter(([key, verifier]) => old.get(key) !== verifier).map(([key]) => key);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
