import { readFileSync } from "node:fs";
import pLimit from "p-limit";
import { type Client, DatabaseError } from "pg";
import { reservedReason } from "../../components/config/rules/names.ts";
import type { PostgresSpec } from "../../components/config/spec/postgres.ts";
import type { ExtensionSpec } from "../../components/config/spec.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import { inspectAccess, type LiveAccess } from "../../components/postgres/catalog/access.ts";
import {
  type Catalog,
  inspectCatalog,
  inspectVerifiers,
} from "../../components/postgres/catalog/catalog.ts";
import { inspectUnlisted, type StrangeObject } from "../../components/postgres/catalog/unlisted.ts";
import { isSharedName } from "../../components/postgres/rules/shared-names.ts";
import { LoginFailure } from "../../components/postgres/server/login-failure.ts";
import {
  type ServerTarget,
  type SessionTarget,
  withSession,
} from "../../components/postgres/server/session.ts";

/** Objects inside a database that no entry can state: one kind, and how many. */
export interface Extra {
  readonly kind: string;
  readonly name: string;
  readonly count: number;
}

export interface Inside {
  /** Access of every login role that is not reserved. */
  readonly access: LiveAccess;
  /** All but plpgsql. An extension comes after those that it needs. */
  readonly extensions: readonly ExtensionSpec[];
  readonly extras: readonly Extra[];
  /** All objects, each with its owner. */
  readonly objects: readonly StrangeObject[];
}

export interface AdoptFacts {
  readonly catalog: Catalog;
  /** By database. A string says why Berth could not connect to it. */
  readonly insides: ReadonlyMap<string, Inside | string>;
  /** By role. undefined = only a superuser may read them. Secret. */
  readonly verifiers: ReadonlyMap<string, string | null> | undefined;
}

/** undefined = Berth did not or could not look into it. */
export function insideOf({ insides }: AdoptFacts, database: string): Inside | undefined {
  const inside = insides.get(database);
  return typeof inside === "string" ? undefined : inside;
}

const extrasSql = readFileSync(new URL("extras.sql", import.meta.url), "utf8");

/** Databases that are read at a time. */
const concurrency = 3;

/** Reads roles and databases, and the inside of each database that may be adopted. Changes nothing. */
export async function inspectServerForAdopt(
  target: ServerTarget,
  admin: Credential,
  postgres: PostgresSpec,
): Promise<AdoptFacts> {
  const isReserved = (name: string): boolean => reservedReason(name, { postgres }) !== undefined;
  const { catalog, verifiers } = await withSession(
    { ...target, database: postgres.maintenanceDatabase },
    admin,
    async (client) => {
      const found = await inspectCatalog(client);
      const logins = [...found.roles.keys()].filter((name) => !isReserved(name));
      return { catalog: found, verifiers: await inspectVerifiers(client, found.server, logins) };
    },
  );
  const logins = [...catalog.roles.values()]
    .filter((role) => role.canLogin && !role.isSuperuser && !isReserved(role.name))
    .map((role) => role.name);
  const limit = pLimit(concurrency);
  const open = [...catalog.databases.values()].filter(
    ({ name, owner, allowsConnections }) =>
      allowsConnections && !isReserved(name) && !postgres.reserved.includes(owner),
  );
  const insides = await Promise.all(
    open.map(({ name, owner, encoding }) =>
      limit(async () => {
        const isReadable = (role: string): boolean => isSharedName(role, encoding, catalog.server);
        if (!isReadable(owner)) {
          return [name, `its encoding ${encoding} has no letters for its owner's name`] as const;
        }
        const inside = await enter({ ...target, database: name }, admin, (client) =>
          readInside(client, owner, logins.filter(isReadable)),
        );
        return [name, inside] as const;
      }),
    ),
  );
  return { catalog, verifiers, insides: new Map(insides) };
}

/** A database that refuses the admin is a finding. A server that is gone ends the verb. */
async function enter(
  target: SessionTarget,
  admin: Credential,
  use: (client: Client) => Promise<Inside>,
): Promise<Inside | string> {
  try {
    return await withSession(target, admin, use);
  } catch (error) {
    const refusal = error instanceof LoginFailure ? error.cause : error;
    if (!(refusal instanceof DatabaseError)) throw error;
    return `${refusal.message} (SQLSTATE ${refusal.code ?? "unknown"})`;
  }
}

async function readInside(
  client: Client,
  owner: string,
  logins: readonly string[],
): Promise<Inside> {
  const found = await client.query<{ name: string }>(
    "select nspname::text as name from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'",
  );
  // In the order of creation: an extension comes after those that it needs.
  const installed = await client.query<{ name: string; schema: string }>(
    "select e.extname::text as name, n.nspname::text as schema from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql' order by e.oid",
  );
  const schemas = found.rows.map(({ name }) => name);
  const roles = logins.map((name) => ({ name }));
  const plan = { roles, database: { owner }, schemas, extensions: installed.rows };
  const access = await inspectAccess(client, plan, []);
  const { rows } = await client.query<Extra>(extrasSql, [owner]);
  const everything = { roles: [], database: { owner: "" }, schemas: [] };
  const { objects } = await inspectUnlisted(client, everything);
  return { access, extensions: installed.rows, extras: rows, objects };
}
