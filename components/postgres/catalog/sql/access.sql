-- Grants in this database to the grantees $1 and to PUBLIC (as 'public'): on the schemas $2 (with $4 also on all others
-- of the owner $3), on their tables and columns, sequences and functions; and the default privileges of the owner $3 in
-- these schemas or (schema null) in every schema. Only of $3, because the app's objects belong to it. Objects that
-- an extension made are left out, and those below 16384, which are part of Postgres itself: so an index finds the
-- others, and the whole catalog is not read.
-- A session reads one database and ends, so Postgres takes longer to plan this than to read. Few joins keep the plan
-- short, and so does to_regrole: pg_roles is a view with a join.
with grantees as materialized (
  select pg_catalog.to_regrole(pg_catalog.quote_ident(n.name))::oid as oid, n.name
  from unnest($1::text[]) n (name)
  union all
  select 0, 'public'
),
schemas as materialized (
  select n.oid, n.nspname, n.nspowner, n.nspacl
  from pg_catalog.pg_namespace n
  where n.nspname = any ($2::text[])
    or (
      $4::bool
      and n.nspowner = pg_catalog.to_regrole(pg_catalog.quote_ident($3))
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and e.objid = n.oid and e.deptype = 'e'
      )
    )
),
-- Without a class: what stays, also if an extension made it.
objects as (
  select 'object' as kind, 'schema' as type, null::oid as class, null::oid as oid, s.nspname as schema,
    s.nspname as name, null::text as arguments, s.nspowner as owner,
    coalesce(s.nspacl, pg_catalog.acldefault('n', s.nspowner)) as acl
  from schemas s
  union all
  select 'object', case c.relkind when 'S' then 'sequence' else 'table' end, c.tableoid, c.oid, s.nspname, c.relname,
    null, c.relowner,
    coalesce(
      c.relacl,
      pg_catalog.acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner)
    )
  from pg_catalog.pg_class c
  join schemas s on s.oid = c.relnamespace
  where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  -- Identity arguments distinguish OUT from IN of a procedure, but are wrong for ordered-set aggregates.
  select 'object', 'function', p.tableoid, p.oid, s.nspname, p.proname,
    case p.prokind
      when 'a' then pg_catalog.oidvectortypes(p.proargtypes)
      else pg_catalog.pg_get_function_identity_arguments(p.oid)
    end,
    p.proowner, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
  from pg_catalog.pg_proc p
  join schemas s on s.oid = p.pronamespace
  where p.oid >= 16384
  union all
  select 'default',
    case d.defaclobjtype when 'S' then 'sequence' when 'f' then 'function' when 'n' then 'schema' else 'table' end,
    null, null, s.nspname, '', null, d.defaclrole, d.defaclacl
  from pg_catalog.pg_default_acl d
  left join schemas s on s.oid = d.defaclnamespace
  where d.defaclobjtype in ('r', 'S', 'f', 'n')
    and (d.defaclnamespace = 0 or s.oid is not null)
    and d.defaclrole = pg_catalog.to_regrole(pg_catalog.quote_ident($3))
)
select o.kind, o.type, o.schema::text as schema, o.name::text as name, o.arguments,
  pg_catalog.pg_get_userbyid(o.owner)::text as owner,
  array(
    select g.name || '=' || a.privilege_type
    from pg_catalog.aclexplode(o.acl) a
    join grantees g on g.oid = a.grantee
    where a.grantor = o.owner
    order by 1
  ) as privileges,
  array(
    select distinct g.name || '=' || a.privilege_type
    from pg_catalog.pg_attribute t
    cross join lateral pg_catalog.aclexplode(t.attacl) a
    join grantees g on g.oid = a.grantee
    where o.type = 'table' and t.attrelid = o.oid and not t.attisdropped and a.grantor = o.owner
    order by 1
  ) as columns,
  array(
    select pg_catalog.json_build_object(
      'grantee', g.name,
      'privilege', a.privilege_type,
      'grantor', pg_catalog.pg_get_userbyid(a.grantor),
      'column', a.on_column,
      'isGrantable', a.is_grantable
    )
    from (
      select e.*, null as on_column
      from pg_catalog.aclexplode(o.acl) e
      union all
      select e.*, t.attname::text
      from pg_catalog.pg_attribute t
      cross join lateral pg_catalog.aclexplode(t.attacl) e
      where o.type = 'table' and t.attrelid = o.oid and not t.attisdropped
    ) a
    join grantees g on g.oid = a.grantee
    where a.grantor <> o.owner or (a.is_grantable and a.grantee <> o.owner)
    order by g.name, a.privilege_type, pg_catalog.pg_get_userbyid(a.grantor), a.on_column
  ) as grants
from objects o
where not exists (
  select from pg_catalog.pg_depend e where e.classid = o.class and e.objid = o.oid and e.deptype = 'e'
)
order by 1, 2, 3, 4, 5
