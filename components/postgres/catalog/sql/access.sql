-- Privileges in this database: on the schemas $2 (with $4 also on all others of the owner $3) and their
-- tables, sequences and functions, and default
-- privileges in these schemas or (schema null) in every schema. Only of the grantees $1 and PUBLIC (as
-- 'public'). Default privileges only of the owner $3, because the app's objects belong to it. Objects that
-- an extension made are left out.
with grantees as (
  select r.oid, r.rolname::text as name from pg_catalog.pg_roles r where r.rolname = any ($1::text[])
  union all
  select 0, 'public'
),
of_extensions as (
  select d.classid, d.objid from pg_catalog.pg_depend d where d.deptype = 'e'
),
schemas as (
  select n.oid, n.nspname, n.nspowner, n.nspacl
  from pg_catalog.pg_namespace n
  where n.nspname = any ($2::text[])
    or (
      $4::bool
      and n.nspowner = (select r.oid from pg_catalog.pg_roles r where r.rolname = $3)
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (
        select from of_extensions e
        where e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and e.objid = n.oid
      )
    )
),
objects as (
  select 'schema' as type, null::oid as oid, s.nspname as schema, s.nspname as name, null::text as arguments,
    s.nspowner as owner, coalesce(s.nspacl, pg_catalog.acldefault('n', s.nspowner)) as acl
  from schemas s
  union all
  select case c.relkind when 'S' then 'sequence' else 'table' end, c.oid, s.nspname, c.relname, null,
    c.relowner,
    coalesce(
      c.relacl,
      pg_catalog.acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner)
    )
  from pg_catalog.pg_class c
  join schemas s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (
      select from of_extensions e
      where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid
    )
  union all
  -- Identity arguments distinguish OUT from IN of a procedure, but are wrong for ordered-set aggregates.
  select 'function', null, s.nspname, p.proname,
    case p.prokind
      when 'a' then pg_catalog.oidvectortypes(p.proargtypes)
      else pg_catalog.pg_get_function_identity_arguments(p.oid)
    end,
    p.proowner, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
  from pg_catalog.pg_proc p
  join schemas s on s.oid = p.pronamespace
  where not exists (
    select from of_extensions e
    where e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.objid = p.oid
  )
)
select 'object' as kind, o.type, o.schema::text as schema, o.name::text as name, o.arguments,
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
      select e.grantor, e.grantee, e.privilege_type, e.is_grantable, null as on_column
      from pg_catalog.aclexplode(o.acl) e
      union
      select e.grantor, e.grantee, e.privilege_type, e.is_grantable, t.attname::text
      from pg_catalog.pg_attribute t
      cross join lateral pg_catalog.aclexplode(t.attacl) e
      where o.type = 'table' and t.attrelid = o.oid and not t.attisdropped
    ) a
    join grantees g on g.oid = a.grantee
    where a.grantor <> o.owner or (a.is_grantable and a.grantee <> o.owner)
    order by g.name, a.privilege_type, pg_catalog.pg_get_userbyid(a.grantor), a.on_column
  ) as grants
from objects o
union all
select 'default',
  case d.defaclobjtype when 'S' then 'sequence' when 'f' then 'function' when 'n' then 'schema' else 'table' end,
  s.nspname::text, '', null, $3::text,
  array(
    select g.name || '=' || a.privilege_type
    from pg_catalog.aclexplode(d.defaclacl) a
    join grantees g on g.oid = a.grantee
    order by 1
  ),
  '{}',
  array(
    select pg_catalog.json_build_object(
      'grantee', g.name,
      'privilege', a.privilege_type,
      'grantor', pg_catalog.pg_get_userbyid(a.grantor),
      'isGrantable', true
    )
    from pg_catalog.aclexplode(d.defaclacl) a
    join grantees g on g.oid = a.grantee
    where a.is_grantable and a.grantee <> d.defaclrole
    order by g.name, a.privilege_type
  )
from pg_catalog.pg_default_acl d
left join schemas s on s.oid = d.defaclnamespace
where d.defaclobjtype in ('r', 'S', 'f', 'n')
  and (d.defaclnamespace = 0 or s.oid is not null)
  and d.defaclrole = (select r.oid from pg_catalog.pg_roles r where r.rolname = $3)
order by 1, 2, 3, 4, 5
