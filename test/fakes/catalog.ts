import type {
  Catalog,
  LiveDatabase,
  LiveRole,
  ServerFacts,
} from "../../components/postgres/catalog/catalog.ts";

/** The server that `judgeCatalog` is content with. */
export const goodServer: ServerFacts = {
  systemIdentifier: "7412345678901234567",
  versionNumber: 180004,
  isStandby: false,
  encoding: "UTF8",
  admin: "coachlight_admin",
  isSuperuser: false,
  canCreateRole: true,
  canCreateDatabase: true,
  canReplicate: false,
  bypassesRls: false,
};

/** A login role as `CREATE ROLE … LOGIN` makes it. */
export function liveRole(name: string, more: Partial<LiveRole> = {}): LiveRole {
  return {
    name,
    canLogin: true,
    isSuperuser: false,
    canCreateRole: false,
    canCreateDatabase: false,
    canReplicate: false,
    bypassesRls: false,
    inherits: true,
    expires: false,
    adminIsMember: false,
    adminMayAlter: false,
    connectionLimit: -1,
    memberOf: [],
    memberships: [],
    settings: [],
    ownedDatabases: [],
    comment: null,
    hasMembers: false,
    ...more,
  };
}

/** A database as `CREATE DATABASE` makes it. */
export function liveDatabase(
  name: string,
  owner: string,
  more: Partial<LiveDatabase> = {},
): LiveDatabase {
  return {
    name,
    owner,
    encoding: "UTF8",
    connectionLimit: -1,
    allowsConnections: true,
    privileges: ["PUBLIC=CONNECT", "PUBLIC=TEMPORARY", `${owner}=CONNECT`],
    ...more,
  };
}

/** What a server answers with. */
export function makeCatalog(
  roles: readonly LiveRole[] = [],
  databases: readonly LiveDatabase[] = [],
  server: Partial<ServerFacts> = {},
): Catalog {
  return {
    server: { ...goodServer, ...server },
    roles: new Map(roles.map((role) => [role.name, role])),
    databases: new Map(databases.map((database) => [database.name, database])),
  };
}
