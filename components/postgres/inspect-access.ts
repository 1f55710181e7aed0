import { readFileSync } from "node:fs";
import type { Client } from "pg";
import type { PlannedDatabase, PlannedRole } from "./plan.ts";
import type { ObjectType } from "./privileges.ts";

/** Reading what is given inside one database: one query, however many objects there are. */

const accessSql = readFileSync(new URL("sql/access.sql", import.meta.url), "utf8");
const verifiersSql = readFileSync(new URL("sql/verifiers.sql", import.meta.url), "utf8");

/** A schema, table or sequence, and what the app's roles and PUBLIC may do with it. */
export interface LiveObject {
  readonly type: Exclude<ObjectType, "database">;
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** `grantee=PRIVILEGE`, with `public` for every role. */
  readonly privileges: readonly string[];
}

/** What is given inside a database. */
export interface LiveAccess {
  readonly objects: readonly LiveObject[];
  /** What the owner's future tables and sequences will be given. */
  readonly defaults: readonly Omit<LiveObject, "name">[];
}

/** A database in which nothing was ever given to anybody; for what is about to be made. */
export const noAccess: LiveAccess = { objects: [], defaults: [] };

/** Whose access is asked for; a `DatabasePlan` says it. */
interface Grantees {
  readonly roles: readonly Pick<PlannedRole, "name">[];
  readonly database: Pick<PlannedDatabase, "owner">;
}

/** What the app's roles may do in the database that the session is in. */
export async function inspectAccess(
  client: Client,
  plan: Grantees,
  request: { readonly schemas: readonly string[]; readonly formerRoles: readonly string[] },
): Promise<LiveAccess> {
  const grantees = [...plan.roles.map((role) => role.name), ...request.formerRoles];
  const { rows } = await client.query<LiveObject & { kind: "object" | "default" }>(accessSql, [
    grantees,
    request.schemas,
    plan.database.owner,
  ]);
  return {
    objects: rows.filter(({ kind }) => kind === "object"),
    defaults: rows.filter(({ kind }) => kind === "default"),
  };
}

/** The verifiers of roles, by name; for superusers only. Secret. */
export async function inspectVerifiers(
  client: Client,
  roles: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await client.query<{ name: string; verifier: string | null }>(verifiersSql, [
    roles,
  ]);
  return new Map(rows.map(({ name, verifier }) => [name, verifier]));
}
