import { sortUnique } from "../../sort.ts";
import { toNamedObjects, toPrivileges } from "../schema/postgres/privileges.ts";
import type { AppEntry, StackConfig } from "../schema/stack.ts";
import type { RoleSpec } from "../spec.ts";
import { readerKey, readerRoleName, scopedRoleName } from "./names.ts";

/** Roles that read the databases of other apps: each is a member of a role of such an app, which has the privileges. */

type RoleEntry = NonNullable<AppEntry["roles"]>[string];

/** The apps that a role reads, sorted. */
export function toReads({ reads = [] }: Pick<RoleEntry, "reads">): readonly string[] {
  const names = Array.isArray(reads) ? reads : Object.keys(reads);
  return sortUnique(names);
}

/** The roles of these apps that the role is a member of. */
export function toReaderGroups(app: string, key: string, role: RoleEntry): string[] {
  const name = role.name ?? scopedRoleName(app, key);
  return toReads(role).map((other) => readerRoleName(other, name));
}

/** A role of an app by which another app's role reads its database. */
interface ReaderGroup extends Pick<RoleSpec, "key" | "name" | "reader"> {
  readonly may: May;
}

export type May = Pick<RoleSpec, "profile" | "privileges" | "scoped" | "except">;

/** All such roles, by the app that is read. */
export type ReaderGroups = ReadonlyMap<string, readonly ReaderGroup[]>;

export function findReaderGroups({ apps }: Pick<StackConfig, "apps">): ReaderGroups {
  const all = Object.entries(apps).flatMap(([app, entry]) =>
    Object.entries(entry?.roles ?? {}).flatMap(([key, role]) =>
      toReads(role)
        .filter((name) => name !== app)
        .map((name) => ({
          of: name,
          key: readerKey(app, key),
          name: readerRoleName(name, role.name ?? scopedRoleName(app, key)),
          reader: { app, key },
          may: toReaderMay(role, name),
        })),
    ),
  );
  return Map.groupBy(all, ({ of }) => of);
}

function toReaderMay({ reads = [] }: RoleEntry, name: string): May {
  const given = (Array.isArray(reads) ? undefined : reads[name]) ?? {};
  return toMay(given.privileges === undefined ? "readonly" : "custom", given);
}

export function toMay(
  profile: May["profile"],
  { privileges, except }: Pick<RoleEntry, "privileges" | "except">,
): May {
  return { profile, ...toPrivileges(privileges), except: toNamedObjects(except) };
}
