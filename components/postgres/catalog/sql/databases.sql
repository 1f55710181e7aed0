-- Those of the databases $1 that exist (null = all), with owner and privileges. A role may be called "PUBLIC" in
-- quotes. No app has it, and it is left out, because here every role is called so.
select
  d.datname as name,
  o.rolname as owner,
  pg_catalog.pg_encoding_to_char(d.encoding) as encoding,
  d.datcollate as collate,
  d.datctype as ctype,
  -- Before 15 there is only libc; 17 has another name for the locale.
  case pg_catalog.to_jsonb(d) ->> 'datlocprovider' when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end as locale_provider,
  case pg_catalog.to_jsonb(d) ->> 'datlocprovider'
    when 'i' then coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale')
  end as icu_locale,
  d.datconnlimit as connection_limit,
  d.datallowconn as allows_connections,
  d.datistemplate as is_template,
  array(
    select pg_catalog.unnest(s.setconfig)
    from pg_catalog.pg_db_role_setting s
    where s.setdatabase = d.oid and s.setrole = 0
  ) as settings,
  array(
    select coalesce(g.rolname, 'PUBLIC') || '=' || a.privilege_type
    from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
    left join pg_catalog.pg_roles g on g.oid = a.grantee
    where a.grantor = d.datdba and g.rolname is distinct from 'PUBLIC'
    order by g.rolname nulls first, a.privilege_type
  ) as privileges,
  array(
    select pg_catalog.json_build_object(
      'grantee', coalesce(g.rolname, 'PUBLIC'),
      'privilege', a.privilege_type,
      'grantor', pg_catalog.pg_get_userbyid(a.grantor),
      'isGrantable', a.is_grantable
    )
    from pg_catalog.aclexplode(d.datacl) a
    left join pg_catalog.pg_roles g on g.oid = a.grantee
    where g.rolname is distinct from 'PUBLIC'
      and (a.grantor <> d.datdba or (a.is_grantable and a.grantee <> d.datdba))
    order by g.rolname nulls first, a.privilege_type, pg_catalog.pg_get_userbyid(a.grantor)
  ) as grants
from pg_catalog.pg_database d
join pg_catalog.pg_roles o on o.oid = d.datdba
where $1::text[] is null or d.datname = any ($1::text[])
order by 1
