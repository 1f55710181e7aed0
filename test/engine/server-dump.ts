type Sql = <T extends object>(statement: string, database?: string) => Promise<T[]>;

/** Columns that the server's own housekeeping changes. */
const housekeeping =
  "- 'datfrozenxid' - 'datminmxid' - 'relpages' - 'reltuples' - 'relallvisible' - 'relallfrozen' - 'relfrozenxid' - 'relminmxid' - 'relhasindex'";

const shared = ["pg_authid", "pg_auth_members", "pg_db_role_setting", "pg_database"].map(
  (catalog) => [catalog, "true"] as const,
);

/** Inside a database, without what every database has. */
const inner: readonly (readonly [catalog: string, where: string])[] = [
  ["pg_namespace", "nspname !~ '^pg_'"],
  ["pg_class", "oid >= 16384"],
  ["pg_attribute", "attrelid >= 16384"],
  ["pg_proc", "oid >= 16384"],
  ["pg_type", "oid >= 16384"],
  ["pg_default_acl", "true"],
  ["pg_extension", "true"],
  ["pg_largeobject_metadata", "true"],
  ["pg_publication", "true"],
  ["pg_policy", "true"],
  ["pg_description", "objoid >= 16384"],
];

/**
 * Globals, ownership and ACLs of a whole server, one line a catalog row with its `xmin`: equal means
 * that not even a row was written again. Oids become names where they are roles.
 */
export async function dumpServer(sql: Sql): Promise<readonly string[]> {
  const lines = await readCatalogs(sql, shared, undefined);
  const databases = await sql<{ name: string }>(
    "select datname as name from pg_database where datallowconn and datname <> 'template1' order by 1",
  );
  for (const { name } of databases) {
    lines.push(...(await readCatalogs(sql, inner, name)));
    const kept = await sql<{ found: string | null }>(
      "select to_regclass('public.kept') as found",
      name,
    );
    if (kept[0]?.found === null) continue;
    const rows = await sql<{ row: string }>(
      "select ctid::text || xmin || k::text as row from public.kept k",
      name,
    );
    lines.push(...rows.map(({ row }) => `${name}: kept: ${row}`));
  }
  return lines.toSorted();
}

async function readCatalogs(
  sql: Sql,
  catalogs: readonly (readonly [catalog: string, where: string])[],
  database: string | undefined,
): Promise<string[]> {
  const parts = catalogs.map(
    ([catalog, where]) =>
      `select '${catalog}: ' || c.xmin || ' ' || (to_jsonb(c) ${housekeeping})::text as line from ${catalog} c where ${where}`,
  );
  const rows = await sql<{ line: string }>(parts.join(" union all "), database);
  return rows.map(({ line }) => (database === undefined ? line : `${database}: ${line}`));
}
