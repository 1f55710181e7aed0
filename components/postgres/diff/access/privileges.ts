import { when } from "../../../when.ts";
import type { LiveObject } from "../../catalog/access.ts";
import { PUBLIC } from "../../plan/plan.ts";
import type { Action, Securable } from "../../statements/actions.ts";

/** Actions that change the live privileges of a grantee on an object to the wanted ones. */
export function compare(request: {
  readonly path: string;
  readonly on: Securable;
  readonly grantee: string;
  readonly wanted: readonly string[];
  readonly granted: readonly string[];
}): Action[] {
  const { path, on, grantee } = request;
  const { missing, extra } = subtract(request.wanted, request.granted);
  return [
    ...when(extra.length > 0, { kind: "revoke", path, on, grantee, privileges: extra } as const),
    ...when(missing.length > 0, { kind: "grant", path, on, grantee, privileges: missing } as const),
  ];
}

export function subtract(wanted: readonly string[], granted: readonly string[]) {
  return {
    missing: wanted.filter((privilege) => !granted.includes(privilege)),
    extra: granted.filter((privilege) => !wanted.includes(privilege)),
  };
}

export function grantedTo(grantee: string, privileges: readonly string[]): string[] {
  // A role's name may hold "=", a privilege may not.
  return privileges
    .filter((entry) => entry.slice(0, entry.lastIndexOf("=")) === grantee)
    .map((entry) => entry.slice(grantee.length + 1));
}

/** A grantee as `LiveDatabase` names it. */
export function nameOnDatabase(grantee: string): string {
  return grantee === PUBLIC ? "PUBLIC" : grantee;
}

/** Where an object is, as a key: there may be thousands of schemas. */
export function toPlace(at: { readonly type: string; readonly schema: string | null }): string {
  return `${at.type} ${at.schema ?? ""}`;
}

/** Adds an object to a group that gets the same statement. */
export function toSecurable(object: LiveObject, group: Securable | undefined): Securable {
  const { type, schema, name } = object;
  if (type === "schema") return { type, schema };
  const others = group === undefined || !("objects" in group) ? [] : group.objects;
  return { type, schema, objects: [...others, { name, arguments: object.arguments }] };
}
