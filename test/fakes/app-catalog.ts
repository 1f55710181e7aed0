/** Asks a real server as its superuser. */
type Ask = (statement: string, database?: string) => Promise<object[]>;

/**
 * What all ways to an app must agree on, without what only time decides (oids, order): roles with their
 * verifiers, memberships, databases, and privileges today and to come. For Postgres 16 and newer.
 */
export async function readAppCatalog(
  ask: Ask,
  names: {
    readonly roles: readonly string[];
    readonly databases: readonly string[];
    /** With the registry's resources the admin owns every extension. */
    readonly withoutExtensionOwners?: boolean;
  },
): Promise<unknown> {
  const list = (all: readonly string[]) => all.map((name) => `'${name}'`).join(", ") || "null";
  const roles = list(names.roles);
  const shared = [
    await ask(
      `select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
         rolbypassrls, rolconnlimit, rolvaliduntil, rolpassword,
         array(select unnest(s.setconfig) order by 1) as settings
       from pg_authid a left join pg_db_role_setting s on s.setrole = a.oid
       where rolname in (${roles}) order by 1, settings`,
    ),
    await ask(
      `select roleid::regrole::text as role, member::regrole::text as member,
         grantor::regrole::text as grantor, admin_option, inherit_option, set_option
       from pg_auth_members
       where roleid::regrole::text in (${roles}) or member::regrole::text in (${roles})
       order by 1, 2, 3`,
    ),
    await ask(
      `select datname, datdba::regrole::text as owner, encoding, datcollate, datctype, datlocprovider,
         datconnlimit, datallowconn, datistemplate,
         array(select unnest(datacl)::text order by 1) as acl
       from pg_database where datname in (${list(names.databases)}) order by 1`,
    ),
  ];
  const inside: unknown[] = [];
  for (const database of names.databases) {
    inside.push(
      await ask(
        `select nspname, nspowner::regrole::text as owner, array(select unnest(nspacl)::text order by 1) as acl
         from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1`,
        database,
      ),
      await ask(
        `select extname, extversion, extnamespace::regnamespace::text as schema
           ${names.withoutExtensionOwners === true ? "" : ", extowner::regrole::text as owner"}
         from pg_extension order by 1`,
        database,
      ),
      await ask(
        `select defaclrole::regrole::text as owner, defaclnamespace::regnamespace::text as schema,
           defaclobjtype, array(select unnest(defaclacl)::text order by 1) as acl
         from pg_default_acl order by 1, 2, 3`,
        database,
      ),
    );
  }
  return { shared, inside };
}
