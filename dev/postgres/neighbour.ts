import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { SUPERUSER } from "./prepare.ts";

/** How to log in to a server as its superuser. */
export interface SuperuserLogin {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** A role and the password it logs in with. */
export interface RoleLogin {
  readonly name: string;
  readonly password: string;
}

/** Opens a superuser's connection to a database. The caller ends it. */
export async function connectAsSuperuser(login: SuperuserLogin, database: string): Promise<Client> {
  const client = new Client({
    host: login.host,
    port: login.port,
    user: SUPERUSER,
    password: login.password,
    database,
    application_name: "berth dev",
    connectionTimeoutMillis: 10_000,
  });
  // A server stopped with mode immediate ends idle connections; that is no crash of ours.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/**
 * Makes the admin role Berth works as, the way a careful owner of a shared server gives it: may log
 * in, make roles and databases, and is no superuser. Running it again changes nothing.
 *
 * @param isSuperuser For the servers whose admin is one, which must work as well.
 */
export async function ensureAdmin(
  login: SuperuserLogin,
  admin: RoleLogin,
  isSuperuser = false,
): Promise<void> {
  const client = await connectAsSuperuser(login, "postgres");
  try {
    await ensureLogin(client, admin);
    const kind = isSuperuser ? "SUPERUSER" : "NOSUPERUSER";
    const role = escapeIdentifier(admin.name);
    await client.query(`ALTER ROLE ${role} WITH ${kind} CREATEROLE CREATEDB`);
    const { rows } = await client.query<{ server_version_num: string }>("SHOW server_version_num");
    // Since 16 a role that makes another one is not its member unless it says so.
    if (Number(rows[0]?.server_version_num) >= 160_000) {
      await client.query(`ALTER ROLE ${role} SET createrole_self_grant = 'set, inherit'`);
    }
  } finally {
    await client.end();
  }
}

/**
 * Makes the neighbour: an app that was on the server before Berth and that Berth must never touch.
 * A role and a database of the same name, a group role with rights of its own, default privileges,
 * a setting, a comment, and a table with rows: something of everything that could be damaged.
 * Running it again changes nothing, not even the place of a row, which `fingerprint` would show.
 */
export async function ensureNeighbour(login: SuperuserLogin, neighbour: RoleLogin): Promise<void> {
  const role = escapeIdentifier(neighbour.name);
  const client = await connectAsSuperuser(login, "postgres");
  try {
    await ensureLogin(client, neighbour);
    const { rows } = await client.query("SELECT FROM pg_database WHERE datname = $1", [
      neighbour.name,
    ]);
    if (rows.length === 0) {
      await client.query(`CREATE DATABASE ${role} OWNER ${role} TEMPLATE template0`);
    }
  } finally {
    await client.end();
  }
  await fillNeighbour(login, neighbour.name);
}

/** All of it in one transaction: either the table is there, and then so is everything, or nothing. */
async function fillNeighbour(login: SuperuserLogin, name: string): Promise<void> {
  const role = escapeIdentifier(name);
  const reports = escapeIdentifier(`${name}_reports`);
  const client = await connectAsSuperuser(login, name);
  try {
    await client.query("BEGIN");
    const { rows } = await client.query<{ found: boolean }>(
      "SELECT to_regclass('public.documents') IS NOT NULL AS found",
    );
    if (rows[0]?.found !== true) {
      await client.query(`
        CREATE ROLE ${reports} NOLOGIN;
        GRANT ${reports} TO ${role};
        ALTER ROLE ${role} SET statement_timeout = '5min';
        COMMENT ON DATABASE ${role} IS 'Scanned documents; not managed by Berth';
        GRANT CONNECT ON DATABASE ${role} TO ${reports};
        SET LOCAL ROLE ${role};
        CREATE TABLE public.documents (
          id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          title text NOT NULL,
          added timestamptz NOT NULL DEFAULT now()
        );
        INSERT INTO public.documents (title)
          SELECT format('Invoice %s', n) FROM generate_series(1, 25) n;
        GRANT SELECT ON public.documents TO ${reports};
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${reports};
      `);
    }
    await client.query("COMMIT");
  } finally {
    await client.end();
  }
}

/**
 * A role that may log in. The password goes as a verifier, so that the server's log, with
 * `log_statement` on, holds nothing one can log in with; and only where it differs, so that a
 * second run does not rewrite the role's row.
 */
async function ensureLogin(client: Client, { name, password }: RoleLogin): Promise<void> {
  const verifier = makeVerifier(password, name);
  const { rows } = await client.query<{ rolpassword: string | null }>(
    "SELECT rolpassword FROM pg_authid WHERE rolname = $1",
    [name],
  );
  const [existing] = rows;
  if (existing?.rolpassword === verifier) return;
  const verb = existing === undefined ? "CREATE" : "ALTER";
  await client.query(
    `${verb} ROLE ${escapeIdentifier(name)} LOGIN PASSWORD ${escapeLiteral(verifier)}`,
  );
}
