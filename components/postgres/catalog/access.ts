import type { Client } from "pg";
import type { ObjectType } from "../../config/privileges.ts";
import type { DatabasePlan, PlannedDatabase, PlannedRole } from "../plan/plan.ts";
import {
  type GrantsRow,
  type LiveDatabase,
  type OthersGrant,
  type ServerFacts,
  sortGrants,
} from "./catalog.ts";
import { inspectExtensions, type LiveExtension } from "./extensions.ts";
import { inspectPublications, type LivePublications } from "./publications.ts";
import { queryFile } from "./query.ts";

/** A live schema, table, sequence or function, with the privileges of the app's roles and PUBLIC. */
export interface LiveObject {
  readonly type: Exclude<ObjectType, "database">;
  readonly schema: string;
  readonly name: string;
  /** Argument types of a function, as SQL. They distinguish functions with the same name. */
  readonly arguments?: string | null;
  readonly owner: string;
  /** What its owner granted: `grantee=PRIVILEGE`, with `public` for PUBLIC. */
  readonly privileges: readonly string[];
  /** The same for single columns of a table. */
  readonly columns?: readonly string[];
  readonly others?: readonly OthersGrant[];
  /** What the app's roles have WITH GRANT OPTION, whoever granted it. */
  readonly grantable?: readonly OthersGrant[];
}

/** Live default privileges for objects that the owner will create; schema null = in every schema. */
export interface LiveDefault
  extends Pick<LiveObject, "type" | "owner" | "privileges" | "grantable"> {
  readonly schema: string | null;
}

export interface LiveAccess {
  readonly objects: readonly LiveObject[];
  readonly defaults: readonly LiveDefault[];
  /** Only those that the plan wants, and those that they need. */
  readonly extensions: readonly LiveExtension[];
  /** undefined = the plan wants none. */
  readonly publications?: LivePublications | undefined;
}

export interface LiveInside {
  readonly server: ServerFacts;
  readonly database: LiveDatabase;
  readonly access: LiveAccess;
}

/** Access in a database that does not exist yet. */
export const noAccess: LiveAccess = { objects: [], defaults: [], extensions: [] };

/** The part of a `DatabasePlan` that says whose access to read. */
interface Grantees
  extends Pick<DatabasePlan, "schemas" | "patterns" | "extensions" | "publications"> {
  readonly roles: readonly Pick<PlannedRole, "name">[];
  readonly database: Pick<PlannedDatabase, "owner">;
}

/**
 * Reads what the app's roles may do in the session's database, in one query for all objects. With patterns or
 * former roles it looks into all schemas of the owner.
 */
export async function inspectAccess(
  client: Client,
  plan: Grantees,
  formerRoles: readonly string[],
): Promise<LiveAccess> {
  const readsAll = plan.patterns !== undefined || formerRoles.length > 0;
  const grantees = [...plan.roles.map((role) => role.name), ...formerRoles];
  const rows = await queryFile<
    GrantsRow & ((LiveObject & { kind: "object" }) | (LiveDefault & { kind: "default" }))
  >(client, "sql/access", [grantees, plan.schemas, plan.database.owner, readsAll]);
  return {
    objects: rows.filter((row) => row.kind === "object").map(sortGrants),
    defaults: rows.filter((row) => row.kind === "default").map(sortGrants),
    extensions: await inspectExtensions(client, plan, false),
    publications: await inspectPublications(client, plan.database.owner, plan.publications),
  };
}
