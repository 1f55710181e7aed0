import type { Client } from "pg";
import { queryFile } from "./query.ts";

/** What a role may do on the whole server. */
export interface RoleAttributes {
  readonly isSuperuser: boolean;
  readonly canCreateRole: boolean;
  readonly canCreateDatabase: boolean;
  readonly canReplicate: boolean;
  readonly bypassesRls: boolean;
}

/** The server, and what the admin role may do on it. */
export interface ServerFacts extends RoleAttributes {
  readonly systemIdentifier: string;
  /** `server_version_num`: 180004 is 18.4. */
  readonly versionNumber: number;
  readonly isStandby: boolean;
  /** Of the session's database. */
  readonly encoding: string;
  readonly admin: string;
}

export interface LiveRole extends RoleAttributes {
  readonly name: string;
  readonly canLogin: boolean;
  /** INHERIT: its own memberships, unless they say otherwise, bring the rights of their groups. */
  readonly inherits?: boolean;
  /** Whether its password expires (VALID UNTIL). */
  readonly expires: boolean;
  /** Whether the admin may make it an owner and change what it owns: INHERIT, and SET from Postgres 16. */
  readonly adminIsMember: boolean;
  /** Whether an admin with CREATEROLE may alter it: from Postgres 16 that needs ADMIN on the role. */
  readonly adminMayAlter: boolean;
  readonly connectionLimit: number;
  readonly memberOf: readonly string[];
  /** Its memberships with grantors. From Postgres 16 one membership may have several. */
  readonly memberships: readonly LiveMembership[];
  /** Settings of `ALTER ROLE … SET`, `name=value`. */
  readonly settings: readonly string[];
  readonly ownedDatabases: readonly string[];
  /** What `COMMENT ON ROLE` says. */
  readonly comment: string | null;
  /** Whether any role is a member of it. An admin that is one only because it made the role does not count. */
  readonly hasMembers: boolean;
}

/** That a role is a member of `group`. */
export interface LiveMembership {
  readonly group: string;
  readonly grantor: string;
  /** WITH ADMIN OPTION. */
  readonly isAdmin?: boolean;
  /** Before Postgres 16 an attribute of the member. */
  readonly inherits?: boolean;
  readonly maySetRole?: boolean;
  /** What `COMMENT ON ROLE` says of the group. */
  readonly comment?: string | null;
}

export interface LiveDatabase {
  readonly name: string;
  readonly owner: string;
  readonly encoding: string;
  /** LC_COLLATE and LC_CTYPE. */
  readonly collate?: string;
  readonly ctype?: string;
  /** Who orders texts: the operating system (libc), ICU, or, from 17, Postgres itself. */
  readonly localeProvider?: "libc" | "icu" | "builtin";
  /** null = not with ICU. */
  readonly icuLocale?: string | null;
  readonly connectionLimit: number;
  readonly allowsConnections: boolean;
  /** IS_TEMPLATE. */
  readonly isTemplate?: boolean;
  /** Settings of `ALTER DATABASE … SET`, `name=value`. */
  readonly settings?: readonly string[];
  /** What its owner granted: `grantee=PRIVILEGE`, with `PUBLIC` for every role. */
  readonly privileges: readonly string[];
  readonly others?: readonly OthersGrant[];
  readonly grantable?: readonly OthersGrant[];
}

/** A privilege that another role than the owner granted. A superuser's REVOKE acts as the owner and does not revoke it. */
export interface OthersGrant {
  readonly grantee: string;
  readonly privilege: string;
  readonly grantor: string;
  /** Column of a table; null = the whole table. */
  readonly column?: string | null;
}

/** Grants as they are read: those of other grantors, and those WITH GRANT OPTION of any grantor. */
export interface GrantsRow {
  readonly owner: string;
  readonly grants: readonly (OthersGrant & { readonly isGrantable: boolean })[];
}

/** Sorts the grants of an object into those of other grantors and those with grant option. */
export function sortGrants<T extends GrantsRow>({ grants, ...row }: T) {
  const sorted = grants.map(({ isGrantable, ...grant }) => ({ isGrantable, grant }));
  return {
    ...row,
    others: sorted.flatMap(({ grant }) => (grant.grantor === row.owner ? [] : [grant])),
    grantable: sorted.flatMap(({ grant, isGrantable }) => (isGrantable ? [grant] : [])),
  };
}

/** The part of the live catalog that a stack needs. */
export interface Catalog {
  readonly server: ServerFacts;
  readonly roles: ReadonlyMap<string, LiveRole>;
  readonly databases: ReadonlyMap<string, LiveDatabase>;
}

/**
 * Reads the server's identity. Do it first, before anything else is trusted.
 *
 * @param known What the admin may do, from another session of it.
 */
export async function inspectServer(client: Client, known?: RoleAttributes): Promise<ServerFacts> {
  const [server] = await queryFile<Omit<ServerFacts, keyof RoleAttributes>>(client, "sql/server");
  const admin = known ?? (await queryFile<RoleAttributes>(client, "sql/admin"))[0];
  if (server === undefined || admin === undefined) {
    throw new Error("pg_roles has no row for current_user");
  }
  return { ...admin, ...server };
}

/** Reads those of the named roles and databases that exist; without names all. */
export async function inspectCatalog(
  client: Client,
  names: Readonly<Partial<Record<"roles" | "databases", readonly string[]>>> = {},
): Promise<Catalog> {
  const server = await inspectServer(client);
  return {
    server,
    roles: await inspectRoles(client, names.roles),
    databases: await inspectDatabases(client, names.databases),
  };
}

/** Reads those of the named roles that exist; undefined = all. */
export async function inspectRoles(
  client: Client,
  names: readonly string[] | undefined,
): Promise<ReadonlyMap<string, LiveRole>> {
  return await inspectByName<LiveRole>(client, "sql/roles", names);
}

/** Reads the roles that say which stack they belong to, as an ownership role does. */
export async function inspectOwnershipRoles(
  client: Client,
): Promise<readonly Pick<LiveRole, "name" | "comment">[]> {
  const { rows } = await client.query<{ name: string; comment: string }>(
    `select r.rolname::text as name, d.description as comment
     from pg_catalog.pg_shdescription d
     join pg_catalog.pg_roles r on r.oid = d.objoid
     where d.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.description like '%berth: stack %'`,
  );
  return rows;
}

/** Reads those of the named databases that exist; undefined = all. */
export async function inspectDatabases(
  client: Client,
  names: readonly string[] | undefined,
): Promise<ReadonlyMap<string, LiveDatabase>> {
  const rows = await inspectByName<LiveDatabase & GrantsRow>(client, "sql/databases", names);
  return new Map([...rows].map(([name, row]) => [name, sortGrants(row)]));
}

/** Reads the verifiers of roles, by name; undefined = only a superuser may read them. Secret. */
export async function inspectVerifiers(
  client: Client,
  { isSuperuser }: Pick<ServerFacts, "isSuperuser">,
  roles: readonly string[],
): Promise<ReadonlyMap<string, string | null> | undefined> {
  if (!isSuperuser) return undefined;
  const rows = await queryFile<{ name: string; verifier: string | null }>(client, "sql/verifiers", [
    roles,
  ]);
  return new Map(rows.map(({ name, verifier }) => [name, verifier]));
}

async function inspectByName<T extends { readonly name: string }>(
  client: Client,
  file: string,
  names: readonly string[] | undefined,
): Promise<ReadonlyMap<string, T>> {
  const found = await queryFile<T>(client, file, [names ?? null]);
  return new Map(found.map((one) => [one.name, one]));
}
