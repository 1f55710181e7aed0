import type { Catalog } from "../catalog/catalog.ts";
import type { FormerRole } from "../plan/former-role.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import type { AppProblem } from "./problem.ts";

/** Encodings that take the bytes of a session's UTF-8 as they are. */
const asTheyAre: readonly string[] = ["UTF8", "SQL_ASCII"];

/** The encodings in which a name has the same letters as in this one; undefined = in each. */
export function encodingsWith(name: string, encoding: string): readonly string[] | undefined {
  if (Buffer.byteLength(name) === name.length) return undefined;
  return asTheyAre.includes(encoding) ? asTheyAre : [encoding];
}

/**
 * Whether a database shows the name of a role or database as the maintenance database does. Such names are bytes that
 * all databases share, and each database takes them for letters of its own encoding.
 */
export function isSharedName(
  name: string,
  encoding: string,
  { encoding: maintenance }: Pick<Catalog["server"], "encoding">,
): boolean {
  return encodingsWith(name, encoding)?.includes(maintenance) !== false;
}

/**
 * Names that mean something else in a session in the app's database: nobody, or the role of somebody else, who would
 * get the privileges. Pure.
 */
export function findOtherNames(
  plan: DatabasePlan,
  { databases, server }: Pick<Catalog, "databases" | "server">,
  formerRoles: readonly FormerRole[],
): AppProblem[] {
  const { app, database } = plan;
  const { name, encoding } = databases.get(database.name) ?? database;
  const roles = [...listRoleNames(plan), ...formerRoles.map((role) => role.name)];
  const named = [
    { what: "database", name },
    ...roles.map((role) => ({ what: "role", name: role })),
  ];
  const found = named.filter((one) => !isSharedName(one.name, encoding, server));
  return [...new Set(found.map((one) => `${one.what} "${one.name}"`))].map((what) => ({
    code: "name-unreadable",
    app,
    at: "database",
    what: `${what} has another name in a session in database "${name}": its encoding is ${encoding}, that of the maintenance database is ${server.encoding}, and the bytes of the name are other letters there`,
    fix: `give that a name of ASCII letters; or, as long as the database is not made, set berth:apps.${app}.database.encoding to ${server.encoding}`,
  }));
}

/** Each role that a session in the app's database names. */
export function listRoleNames({ roles }: DatabasePlan): readonly string[] {
  return [...new Set(roles.flatMap((role) => [role.name, ...role.memberOf]))];
}
