import type { Client } from "pg";
import { type ObjectType, privilegeTable } from "../../../config/privileges.ts";
import type { LiveRole, RoleAttributes } from "../catalog.ts";
import { queryFile } from "../query.ts";

/** What a role can see of itself, in its own session. */

/** CONNECT on a database that a role has itself or through a group. */
export interface Way {
  readonly database: string;
  readonly grantee: string;
  /** Whether the grantee is the database's owner. */
  readonly isOwner: boolean;
  /** null = the owner. */
  readonly grantor: string | null;
}

/** What a role is and which databases it may connect to, read in its own session. */
export interface SessionRole
  extends RoleAttributes,
    Pick<LiveRole, "expires" | "connectionLimit" | "memberOf" | "memberships" | "settings"> {
  /** Databases with CONNECT, by its own grant, a membership or PUBLIC. */
  readonly mayEnter: readonly string[];
  /** The same without CONNECT of PUBLIC. */
  readonly ways: readonly Way[];
  /** Databases with CONNECT of the groups in question, without CONNECT of PUBLIC. */
  readonly mayEnterAsMember: readonly string[];
  /** Roles with special attributes (superuser, CREATEROLE, …) that it is a member of, also indirectly. */
  readonly mayBecome: readonly string[];
  /** Settings of this session's database, `name=value`. */
  readonly databaseSettings: readonly string[];
  /** Whether PUBLIC may create tables in schema public of this database. */
  readonly publicMayCreate: boolean;
}

/** Reads the role that this session logged in as, or has set. Its entry lists the groups. */
export async function inspectSessionRole(
  client: Client,
  role: string,
  groups: readonly string[],
): Promise<SessionRole> {
  const [row] = await queryFile<SessionRole>(client, "session/role", [groups, role]);
  if (row === undefined) throw new Error(`pg_roles has no row for ${role}`);
  return row;
}

/** One privilege on one object, and whether the session's role has it. */
export interface SessionPrivilege {
  readonly type: ObjectType;
  /** null = the object is the database. */
  readonly schema: string | null;
  /** With the arguments of a function. */
  readonly name: string;
  /** Without them. */
  readonly object: string;
  readonly privilege: string;
  readonly isGranted: boolean;
  /**
   * Whether PUBLIC has it: EXECUTE on functions, which Postgres grants to PUBLIC and Berth does not revoke, and
   * USAGE on schemas.
   */
  readonly isPublic: boolean;
  /** Whether one of the groups in question has it. */
  readonly isInherited: boolean;
}

/**
 * Reads what the session's role may do in its database: every privilege on every object of the schemas, but
 * objects of `guests`.
 */
export async function inspectSessionPrivileges(
  client: Client,
  schemas: readonly string[],
  {
    groups,
    guests = [],
  }: { readonly groups: readonly string[]; readonly guests?: readonly string[] | undefined },
): Promise<readonly SessionPrivilege[]> {
  const { table, sequence } = privilegeTable;
  const values = [schemas, table, sequence, groups, guests];
  return await queryFile(client, "session/privileges", values);
}
