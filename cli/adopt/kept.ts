import { roleNamesOf } from "../../components/config/logins.ts";
import type { AppSpec } from "../../components/config/spec.ts";
import { noAccess } from "../../components/postgres/catalog/access.ts";
import type { LiveDatabase } from "../../components/postgres/catalog/catalog.ts";
import { describeSetting } from "../../components/postgres/diff/unlisted.ts";
import { type AdoptFacts, type Extra, insideOf } from "./facts.ts";

/** What an entry does not state about a database and its roles. Pure. */

/** Databases with a privilege that is granted to the role itself, not to PUBLIC or a group. */
export function databasesReachedBy(role: string, facts: AdoptFacts): string[] {
  const holds = ({ privileges, others = [] }: Pick<LiveDatabase, "privileges" | "others">) =>
    privileges.some((entry) => entry.slice(0, entry.lastIndexOf("=")) === role) ||
    others.some(({ grantee }) => grantee === role);
  return [...facts.catalog.databases.values()]
    .filter((database) => {
      const { objects, defaults } = insideOf(facts, database.name)?.access ?? noAccess;
      return holds(database) || [...objects, ...defaults].some(holds);
    })
    .map(({ name }) => name);
}

/** Everything that stays as it is although the entry does not state it, as text for people. */
export function describeKept(
  facts: AdoptFacts,
  app: Pick<AppSpec, "database" | "roles">,
): string[] {
  const { catalog } = facts;
  const { database } = app;
  const names = roleNamesOf(app);
  const settings = names.flatMap((name) =>
    (catalog.roles.get(name)?.settings ?? [])
      .filter((setting) => !setting.startsWith("search_path="))
      .map((setting) => `setting ${describeSetting(setting)} of role ${quote(name)}`),
  );
  const members = [...catalog.roles.values()].flatMap((role) =>
    role.memberOf
      .filter((group) => names.includes(group) && role.name !== catalog.server.admin)
      .map((group) => `role ${quote(role.name)} is a member of ${quote(group)}`),
  );
  const said: Readonly<Record<string, readonly string[]>> = {
    "grants to": names,
    schema: database.schemas,
    extension: database.extensions.map(({ name }) => name),
  };
  const isSaid = ({ kind, name }: Extra): boolean => said[kind]?.includes(name) === true;
  const isOne = database.names.length === 1;
  const extras = database.names.flatMap((name) =>
    (insideOf(facts, name)?.extras ?? [])
      .filter((extra) => !isSaid(extra))
      .map((extra) => describeExtra(extra) + (isOne ? "" : ` in database ${quote(name)}`)),
  );
  return [...settings, ...members, ...extras];
}

function describeExtra({ kind, name, count }: Extra): string {
  if (kind.startsWith("setting")) return `${kind} ${describeSetting(name)}`;
  const many = count === 1 ? "" : ` (${String(count)})`;
  return `${kind} ${quote(name)}${many}`;
}

/** A quoted name. A name may hold control characters, which must not reach a terminal. */
export function quote(name: string): string {
  return JSON.stringify(name);
}
