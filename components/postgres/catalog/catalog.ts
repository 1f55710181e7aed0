import { readFileSync } from "node:fs";
import type { Client } from "pg";
import { type ObjectType, privilegeTable } from "../../config/privileges.ts";

/** Reading the live server: a few bulk catalog queries, never one per object. */

const sql = (name: string): string =>
  readFileSync(new URL(`sql/${name}.sql`, import.meta.url), "utf8");

/** The server, and what the admin role may do on it. */
export interface ServerFacts {
  readonly systemIdentifier: string;
  /** As `server_version_num`: 180004 is 18.4. */
  readonly versionNumber: number;
  readonly isStandby: boolean;
  readonly admin: string;
  readonly isSuperuser: boolean;
  readonly canCreateRole: boolean;
  readonly canCreateDatabase: boolean;
}

/** A role as it is. */
export interface LiveRole {
  readonly name: string;
  readonly canLogin: boolean;
  readonly isSuperuser: boolean;
  readonly canCreateRole: boolean;
  readonly canCreateDatabase: boolean;
  readonly canReplicate: boolean;
  readonly bypassesRls: boolean;
  /** Whether its password stops working at some time. */
  readonly expires: boolean;
  /** Whether the admin may act for it: give it a database, and change what it owns. */
  readonly adminIsMember: boolean;
  /** Whether the admin may change it, if it may make roles: from 16 on that takes ADMIN on it. */
  readonly adminMayAlter: boolean;
  readonly connectionLimit: number;
  readonly memberOf: readonly string[];
  /** The same with who gave each, which from 16 on may be several. */
  readonly memberships: readonly LiveMembership[];
  /** `name=value`, as `ALTER ROLE … SET` left them. */
  readonly settings: readonly string[];
  readonly ownedDatabases: readonly string[];
  /** What `COMMENT ON ROLE` says. */
  readonly comment: string | null;
  /** Whether any role is a member of it, besides an admin who is so because it made it. */
  readonly hasMembers: boolean;
}

/** That a role is a member of `group`. */
export interface LiveMembership {
  readonly group: string;
  readonly grantor: string;
  /** What `COMMENT ON ROLE` says of the group. */
  readonly comment?: string | null;
}

/** A database as it is. */
export interface LiveDatabase {
  readonly name: string;
  readonly owner: string;
  readonly encoding: string;
  readonly connectionLimit: number;
  readonly allowsConnections: boolean;
  /** What its owner gave: `grantee=PRIVILEGE`, with `PUBLIC` for every role. */
  readonly privileges: readonly string[];
  readonly others?: readonly OthersGrant[];
}

/** A privilege that somebody else than the owner gave. A superuser's REVOKE is the owner's, and does nothing about it. */
export interface OthersGrant {
  readonly grantee: string;
  readonly privilege: string;
  readonly grantor: string;
  /** Of a table, if it is not on the whole. */
  readonly column?: string | null;
}

/** The part of the catalog that a stack is concerned with. */
export interface Catalog {
  readonly server: ServerFacts;
  readonly roles: ReadonlyMap<string, LiveRole>;
  readonly databases: ReadonlyMap<string, LiveDatabase>;
}

/** The server behind a connection; the first thing to ask, before anything else is trusted. */
export async function inspectServer(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<Record<string, unknown>>(sql("server"));
  const [row] = rows;
  if (row === undefined) throw new Error("pg_roles has no row for current_user");
  return toCamelCase(row) as unknown as ServerFacts;
}

/** Names of roles and databases; undefined = all there are. */
export interface CatalogNames {
  readonly roles: readonly string[] | undefined;
  readonly databases: readonly string[] | undefined;
}

/** Those of the named roles and databases that exist. */
export async function inspectCatalog(client: Client, names: CatalogNames): Promise<Catalog> {
  const server = await inspectServer(client);
  return {
    server,
    roles: await inspectRoles(client, names.roles),
    databases: await inspectDatabases(client, names.databases),
  };
}

/** Those of the named roles that exist; undefined = all. */
export async function inspectRoles(
  client: Client,
  names: readonly string[] | undefined,
): Promise<ReadonlyMap<string, LiveRole>> {
  return await inspectByName<LiveRole>(client, sql("roles"), names);
}

/** The roles that say whose they are, as an ownership role does. */
export async function inspectMarkedRoles(
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

/** Those of the named databases that exist; undefined = all. */
export async function inspectDatabases(
  client: Client,
  names: readonly string[] | undefined,
): Promise<ReadonlyMap<string, LiveDatabase>> {
  return await inspectByName<LiveDatabase>(client, sql("databases"), names);
}

async function inspectByName<T extends { readonly name: string }>(
  client: Client,
  query: string,
  names: readonly string[] | undefined,
): Promise<ReadonlyMap<string, T>> {
  const { rows } = await client.query<Record<string, unknown>>(query, [names ?? null]);
  const found = rows.map((row) => toCamelCase(row) as unknown as T);
  return new Map(found.map((one) => [one.name, one]));
}

/** What a role is and where it may go, asked by itself. */
export interface SessionRole {
  readonly isSuperuser: boolean;
  readonly canCreateRole: boolean;
  readonly canCreateDatabase: boolean;
  readonly canReplicate: boolean;
  readonly bypassesRls: boolean;
  readonly connectionLimit: number;
  readonly memberOf: readonly string[];
  /** Databases with CONNECT, by whatever way: own grant, membership, PUBLIC. */
  readonly mayEnter: readonly string[];
  /** The same without what PUBLIC may. */
  readonly mayEnterItself: readonly string[];
  /** Roles with special attributes that it is a member of, over however many others. */
  readonly mayBecome: readonly string[];
  /** Whether PUBLIC may make tables in schema public of this database. */
  readonly publicMayCreate: boolean;
}

/** The role of this session. */
export async function inspectSessionRole(client: Client): Promise<SessionRole> {
  const { rows } = await client.query<Record<string, unknown>>(sql("session-role"));
  const [row] = rows;
  if (row === undefined) throw new Error("pg_roles has no row for session_user");
  return toCamelCase(row) as unknown as SessionRole;
}

/** One privilege on one object, and whether the role of the session holds it. */
export interface SessionPrivilege {
  readonly type: ObjectType;
  /** null = the object is in none. */
  readonly schema: string | null;
  readonly name: string;
  readonly privilege: string;
  readonly held: boolean;
  /** Whether every role holds it, where that is what Postgres gives and Berth leaves. */
  readonly isPublic: boolean;
}

/** What the role of this session may do in its database: every object of the schemas, every privilege. */
export async function inspectSessionPrivileges(
  client: Client,
  schemas: readonly string[],
): Promise<readonly SessionPrivilege[]> {
  const { rows } = await client.query<Record<string, unknown>>(sql("session-privileges"), [
    schemas,
    privilegeTable.table,
    privilegeTable.sequence,
  ]);
  return rows.map((row) => toCamelCase(row) as unknown as SessionPrivilege);
}

/** A database that is open to every role of the server. */
export interface OpenDatabase {
  readonly name: string;
  readonly owner: string;
  /** What PUBLIC holds on it. */
  readonly privileges: readonly string[];
}

/** Databases that PUBLIC has privileges on, by name. */
export async function inspectOpenDatabases(
  client: Client,
): Promise<ReadonlyMap<string, OpenDatabase>> {
  const { rows } = await client.query<OpenDatabase>(sql("open-databases"));
  return new Map(rows.map((row) => [row.name, row]));
}

/** Privileges and memberships of `roles` on the reserved names; there must be none. */
export async function inspectTraces(
  client: Client,
  roles: readonly string[],
  reserved: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ object: string; trace: string }>(sql("neighbours"), [
    roles,
    reserved,
  ]);
  return rows.map(({ object, trace }) => `${object}: ${trace}`);
}

/** A row of the catalog, with the names that the rest of Berth uses. */
export function toCamelCase(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(row).map(([key, value]) => [
    key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/** A setting that a role has been given with ALTER ROLE … SET; undefined = none. */
export function settingOf(live: LiveRole, name: string): string | undefined {
  const prefix = `${name}=`;
  return live.settings.find((text) => text.startsWith(prefix))?.slice(prefix.length);
}

/** The search_path that a role has been given; empty = none. */
export function searchPathOf(live: LiveRole): string[] {
  const setting = settingOf(live, "search_path");
  if (setting === undefined) return [];
  const parts = setting.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g);
  return [...parts]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "")
    .filter((part) => part !== "");
}
