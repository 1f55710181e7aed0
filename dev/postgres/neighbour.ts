import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { makeVerifier } from "../../components/postgres/verifier.ts";
import { SUPERUSER } from "./prepare.ts";

export interface SuperuserLogin {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

export interface RoleLogin {
  readonly name: string;
  readonly password: string;
}

/** Opens a superuser's connection to a database. The caller must end it. */
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
  // A server that stops with mode immediate ends idle connections. Without a listener Node would exit.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Uses a superuser's connection to a database, and ends it. */
export async function asSuperuser<T>(
  login: SuperuserLogin,
  database: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connectAsSuperuser(login, database);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/**
 * Makes Berth's admin role as a careful owner of a shared server would: with LOGIN, CREATEROLE and CREATEDB,
 * but not superuser. A second call changes nothing.
 *
 * @param isSuperuser Makes the admin a superuser, which Berth supports, too.
 */
export async function ensureAdmin(
  login: SuperuserLogin,
  admin: RoleLogin,
  isSuperuser = false,
): Promise<void> {
  await asSuperuser(login, "postgres", async (client) => {
    await ensureLogin(client, admin);
    const kind = isSuperuser ? "SUPERUSER" : "NOSUPERUSER";
    const role = escapeIdentifier(admin.name);
    await client.query(`ALTER ROLE ${role} WITH ${kind} CREATEROLE CREATEDB`);
    const { rows } = await client.query<{ server_version_num: string }>("SHOW server_version_num");
    // From Postgres 16 a role that creates another one becomes its usable member only with this setting.
    if (Number(rows[0]?.server_version_num) >= 160_000) {
      await client.query(`ALTER ROLE ${role} SET createrole_self_grant = 'set, inherit'`);
    }
  });
}

/**
 * Makes the neighbour: an app that was on the server before Berth and that Berth must never change. It has
 * everything that could be damaged: a role and a database of the same name, a group role with privileges,
 * default privileges, a setting, a comment, and a table with rows. A second call changes nothing, not even
 * the `ctid` of a row, which `fingerprint` would show.
 */
export async function ensureNeighbour(login: SuperuserLogin, neighbour: RoleLogin): Promise<void> {
  const role = escapeIdentifier(neighbour.name);
  const { name } = neighbour;
  await asSuperuser(login, "postgres", async (client) => {
    await ensureLogin(client, neighbour);
    const { rows } = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
    if (rows.length > 0) return;
    await client.query(`CREATE DATABASE ${role} OWNER ${role} TEMPLATE template0`);
  });
  await asSuperuser(login, name, (client) => fillNeighbour(client, name));
}

/** Makes all in one transaction, so if the table exists, everything does. */
async function fillNeighbour(client: Client, name: string): Promise<void> {
  const role = escapeIdentifier(name);
  const reports = escapeIdentifier(`${name}_reports`);
  const { rows } = await client.query<{ found: boolean }>(
    "SELECT to_regclass('public.documents') IS NOT NULL AS found",
  );
  if (rows[0]?.found === true) return;
  await client.query(`
    BEGIN;
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
    COMMIT;
  `);
}

/**
 * Makes a role with LOGIN. The password is sent as a verifier, so the server's log never has it, also with
 * `log_statement`. It is only sent if it differs, so a second call does not rewrite the role's row.
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
