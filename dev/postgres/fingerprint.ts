import type { Client } from "pg";

/**
 * The shared catalog rows of one database and its roles, each as (part, text). They include `ctid` and
 * `xmin`, because a REVOKE that changes no privilege still rewrites the row, and that is a change, too.
 * What maintenance changes (statistics, frozen ids) is left out.
 *
 * $1 = the roles: the database's owner, and roles named after the database.
 */
const SHARED_PARTS = `
  SELECT 'database' AS part, to_jsonb(d)::text AS text FROM (
    SELECT ctid::text, xmin::text, oid::text, datname, pg_get_userbyid(datdba) AS owner,
           encoding, datcollate, datctype, datconnlimit, datallowconn, datistemplate, datacl::text,
           shobj_description(oid, 'pg_database') AS comment
    FROM pg_database WHERE datname = current_database()) d
  UNION ALL
  SELECT 'role', to_jsonb(r)::text FROM (
    SELECT ctid::text, xmin::text, oid::text, rolname, rolsuper, rolinherit, rolcreaterole,
           rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, rolvaliduntil,
           encode(sha256(convert_to(rolpassword, 'UTF8')), 'hex') AS password_digest,
           shobj_description(oid, 'pg_authid') AS comment
    FROM pg_authid WHERE rolname = ANY ($1)) r
  UNION ALL
  SELECT 'membership', (to_jsonb(m) || jsonb_build_object(
      'xmin', m.xmin::text, 'role', pg_get_userbyid(m.roleid),
      'member', pg_get_userbyid(m.member), 'grantor', pg_get_userbyid(m.grantor)))::text
    FROM pg_auth_members m
    WHERE pg_get_userbyid(m.roleid) = ANY ($1) OR pg_get_userbyid(m.member) = ANY ($1)
  UNION ALL
  SELECT 'setting', to_jsonb(s)::text FROM (
    SELECT xmin::text, setdatabase::text, pg_get_userbyid(setrole) AS role, setconfig
    FROM pg_db_role_setting
    WHERE pg_get_userbyid(setrole) = ANY ($1)
       OR setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())) s
  UNION ALL
  SELECT 'dependency', to_jsonb(s)::text FROM pg_shdepend s
    WHERE (refclassid = 'pg_authid'::regclass AND pg_get_userbyid(refobjid) = ANY ($1))
       OR dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Everything inside the database, without the rows of its tables. */
const INNER_PARTS = `
  SELECT 'schema' AS part, to_jsonb(n)::text AS text FROM (
    SELECT xmin::text, nspname, pg_get_userbyid(nspowner) AS owner, nspacl::text
    FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)') n
  UNION ALL
  SELECT 'relation', to_jsonb(c)::text FROM (
    SELECT xmin::text, oid::text, oid::regclass::text AS name, relkind,
           pg_get_userbyid(relowner) AS owner, relacl::text, relrowsecurity
    FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace) c
  UNION ALL
  SELECT 'column', to_jsonb(a)::text FROM (
    SELECT attrelid::regclass::text AS relation, attname, atttypid::regtype::text AS type, attacl::text
    FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0
      AND attrelid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f'))
      AND (SELECT relnamespace FROM pg_class WHERE oid = attrelid) <> 'pg_toast'::regnamespace) a
  UNION ALL
  SELECT 'function', to_jsonb(p)::text FROM (
    SELECT xmin::text, oid::regprocedure::text AS name, pg_get_userbyid(proowner) AS owner,
           proacl::text, md5(prosrc) AS source
    FROM pg_proc WHERE oid >= 16384) p
  UNION ALL
  SELECT 'default privileges', to_jsonb(d)::text FROM (
    SELECT xmin::text, pg_get_userbyid(defaclrole) AS owner, defaclnamespace::regnamespace::text AS schema,
           defaclobjtype, defaclacl::text
    FROM pg_default_acl) d
  UNION ALL
  SELECT 'extension', to_jsonb(e)::text FROM (
    SELECT xmin::text, extname, extversion, pg_get_userbyid(extowner) AS owner FROM pg_extension) e`;

/**
 * A sorted text with a line for everything that belongs to a neighbour. If it is equal before and after,
 * nothing was changed; if not, a diff shows what. Passwords are in it only as digests of verifiers.
 *
 * Reads in one snapshot and changes nothing.
 *
 * @param client A superuser's connection **to the neighbour's database**.
 */
export async function fingerprint(client: Client): Promise<string> {
  await client.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    await client.query("SET LOCAL search_path = pg_catalog, pg_temp");
    const roles = await readRoles(client);
    const lines = [
      ...(await readParts(client, SHARED_PARTS, [roles])),
      ...(await readParts(client, INNER_PARTS, [])),
      ...(await readRows(client)),
    ];
    return `${lines.sort().join("\n")}\n`;
  } finally {
    await client.query("ROLLBACK");
  }
}

async function readRoles(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ rolname: string }>(
    `SELECT r.rolname FROM pg_database d, pg_authid r
      WHERE d.datname = current_database()
        AND (r.oid = d.datdba OR r.rolname = d.datname OR starts_with(r.rolname, d.datname || '_'))`,
  );
  return rows.map((row) => row.rolname);
}

async function readParts(
  client: Client,
  sql: string,
  values: readonly unknown[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ part: string; text: string }>(sql, [...values]);
  return rows.map(({ part, text }) => `${part}\t${text}`);
}

async function readRows(client: Client): Promise<readonly string[]> {
  const tables = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'm')`,
  );
  const lines: string[] = [];
  for (const { name } of tables.rows) {
    // `name` comes from regclass, which quotes it if necessary.
    const { rows } = await client.query<{ text: string }>(
      `SELECT ctid::text || ' ' || xmin::text || ' ' || t::text AS text FROM ${name} t`,
    );
    lines.push(...rows.map(({ text }) => `row\t${name}\t${text}`));
  }
  return lines;
}
