import { firstByKey, onceEach } from "../../once-each.ts";
import type { Catalog, LiveRole } from "./catalog.ts";

/** The roles that have a membership in each role, in the order of the catalog. */
export const membersByGroup = onceEach(
  (roles: Catalog["roles"]): ReadonlyMap<string, readonly LiveRole[]> => {
    const members = new Map<string, Set<LiveRole>>();
    for (const role of roles.values()) {
      for (const { group } of role.memberships) {
        const known = members.get(group) ?? new Set();
        members.set(group, known.add(role));
      }
    }
    return new Map([...members].map(([group, all]) => [group, [...all]]));
  },
);

const firstOf = firstByKey<LiveRole>(({ memberOf }) => memberOf);

/** The first member of each role. An admin that is one only because it made the role does not count. */
export const firstByGroup = onceEach((roles: Catalog["roles"]) => firstOf([...roles.values()]));
