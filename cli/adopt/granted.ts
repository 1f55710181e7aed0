import { type Grants, type ObjectType, objectTypes } from "../../components/config/privileges.ts";
import { toPrivilegeKeys } from "../../components/config/schema/postgres/privileges.ts";
import type { AppEntry } from "../../components/config/schema/stack.ts";
import { profiles } from "../../components/postgres/plan/access.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";

/** The privileges of a further role, as an entry states them. */
type May = Pick<NonNullable<AppEntry["roles"]>[string], "profile" | "privileges">;

/**
 * The privileges that an entry must state for a role so that `up` revokes none. Pure.
 *
 * @param actions The actions for an entry that gives the role nothing: what they revoke is what the role has.
 * @param types Types of objects that decide whether the role has a profile.
 */
export function toMay(
  actions: readonly Action[],
  role: string,
  types: readonly ObjectType[] = objectTypes,
): May {
  const granted = toGranted(actions, role);
  const profile = (["readwrite", "readonly"] as const).find((one) =>
    types.every((type) => subtract(profiles[one][type], granted[type]).length === 0),
  );
  if (profile === undefined) return { privileges: toPrivilegeKeys(granted) };
  const more = objectTypes.map((type) => [type, subtract(granted[type], profiles[profile][type])]);
  const privileges = toPrivilegeKeys(
    Object.fromEntries(more.filter(([, list]) => (list ?? []).length > 0)) as Grants,
  );
  return { profile, ...(Object.keys(privileges).length === 0 ? {} : { privileges }) };
}

function toGranted(actions: readonly Action[], role: string): Grants {
  const granted = new Map<ObjectType, Set<string>>();
  for (const action of actions) {
    if (action.kind !== "revoke" && action.kind !== "revoke-default") continue;
    if (action.grantee !== role) continue;
    const type = "on" in action ? action.on.type : action.type;
    granted.set(type, new Set([...(granted.get(type) ?? []), ...action.privileges]));
  }
  return Object.fromEntries([...granted].map(([type, list]) => [type, [...list].toSorted()]));
}

function subtract(from: readonly string[] = [], what: readonly string[] = []): string[] {
  return from.filter((one) => !what.includes(one));
}
