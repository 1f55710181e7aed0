import type { LiveRole } from "../../components/postgres/catalog/catalog.ts";
import { settingOf } from "../../components/postgres/catalog/settings.ts";
import { toFreeRole } from "./slug.ts";

/**
 * The logins of an owner without login: one or two roles whose sessions start with SET ROLE to it, as some
 * operators make them. An entry calls that `rotation: two-logins`. A second one that is missing gets a free name.
 * undefined = the owner is none of them.
 */
export function findLoginsOf(
  owner: LiveRole,
  roles: ReadonlyMap<string, LiveRole>,
  derived: string,
): [string, string] | undefined {
  const logins = [...roles.values()]
    .filter((role) => role.canLogin && role.memberOf.includes(owner.name))
    .filter((role) => settingOf(role, "role") === owner.name)
    .map(({ name }) => name);
  const [first, second] = logins;
  if (owner.canLogin || first === undefined || logins.length > 2) return undefined;
  return [first, second ?? toFreeRole(`${derived}-b`, (role) => !roles.has(role))];
}
