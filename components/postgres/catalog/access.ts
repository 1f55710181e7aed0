import { readFileSync } from "node:fs";
import type { Client } from "pg";
import type { ObjectType } from "../../config/privileges.ts";
import type { DatabasePlan, PlannedDatabase, PlannedRole } from "../plan/plan.ts";
import type { LiveDatabase, OthersGrant, ServerFacts } from "./catalog.ts";
import { inspectExtensions, type LiveExtension } from "./extensions.ts";

/** Reading what is given inside one database: one query, however many objects there are. */

const accessSql = readFileSync(new URL("sql/access.sql", import.meta.url), "utf8");
const verifiersSql = readFileSync(new URL("sql/verifiers.sql", import.meta.url), "utf8");

/** A schema, table, sequence or function, and what the app's roles and PUBLIC may do with it. */
export interface LiveObject {
  readonly type: Exclude<ObjectType, "database">;
  readonly schema: string;
  readonly name: string;
  /** Of a function, as SQL: what tells it from others of its name. */
  readonly arguments?: string | null;
  readonly owner: string;
  /** What its owner gave: `grantee=PRIVILEGE`, with `public` for every role. */
  readonly privileges: readonly string[];
  /** The same on single columns of a table. */
  readonly columns?: readonly string[];
  readonly others?: readonly OthersGrant[];
}

/** What will be given on what the owner makes; the schema null = in every schema. */
export interface LiveDefault extends Pick<LiveObject, "type" | "owner" | "privileges"> {
  readonly schema: string | null;
}

/** What is given inside a database. */
export interface LiveAccess {
  readonly objects: readonly LiveObject[];
  readonly defaults: readonly LiveDefault[];
  /** Those that the plan asks for. */
  readonly extensions: readonly LiveExtension[];
}

/** What a database looks like, from outside and from inside. */
export interface LiveInside {
  readonly server: ServerFacts;
  readonly database: LiveDatabase;
  readonly access: LiveAccess;
}

/** A database in which nothing was ever given to anybody; for what is about to be made. */
export const noAccess: LiveAccess = { objects: [], defaults: [], extensions: [] };

/** Whose access is asked for; a `DatabasePlan` says it. */
interface Grantees extends Pick<DatabasePlan, "schemas" | "extensions"> {
  readonly roles: readonly Pick<PlannedRole, "name">[];
  readonly database: Pick<PlannedDatabase, "owner">;
}

/** What the app's roles may do in the database that the session is in. */
export async function inspectAccess(
  client: Client,
  plan: Grantees,
  formerRoles: readonly string[],
): Promise<LiveAccess> {
  const grantees = [...plan.roles.map((role) => role.name), ...formerRoles];
  const { rows } = await client.query<
    (LiveObject & { kind: "object" }) | (LiveDefault & { kind: "default" })
  >(accessSql, [grantees, plan.schemas, plan.database.owner]);
  return {
    objects: rows.filter((row) => row.kind === "object"),
    defaults: rows.filter((row) => row.kind === "default"),
    extensions: await inspectExtensions(client, plan.extensions),
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
