-- Who may do what in this database: the schemas $2 with their tables and sequences, and what is given
-- on those to come. Of the grantees only $1 and PUBLIC (as 'public'); others are nobody's business.
-- Default privileges only of the owner $3, since the app's objects belong to it.
with grantees as (
  select r.oid, r.rolname::text as name from pg_catalog.pg_roles r where r.rolname = any ($1::text[])
  union all
  select 0, 'public'
),
schemas as (
  select n.oid, n.nspname, n.nspowner, n.nspacl
  from pg_catalog.pg_namespace n
  where n.nspname = any ($2::text[])
),
objects as (
  select 'schema' as type, s.nspname as schema, s.nspname as name, s.nspowner as owner,
    coalesce(s.nspacl, pg_catalog.acldefault('n', s.nspowner)) as acl
  from schemas s
  union all
  select case c.relkind when 'S' then 'sequence' else 'table' end, s.nspname, c.relname, c.relowner,
    coalesce(
      c.relacl,
      pg_catalog.acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner)
    )
  from pg_catalog.pg_class c
  join schemas s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
)
select 'object' as kind, o.type, o.schema::text as schema, o.name::text as name,
  pg_catalog.pg_get_userbyid(o.owner)::text as owner,
  array(
    select g.name || '=' || a.privilege_type
    from pg_catalog.aclexplode(o.acl) a
    join grantees g on g.oid = a.grantee
    order by 1
  ) as privileges
from objects o
union all
select 'default', case d.defaclobjtype when 'S' then 'sequence' else 'table' end, s.nspname::text, '',
  $3::text,
  array(
    select g.name || '=' || a.privilege_type
    from pg_catalog.aclexplode(d.defaclacl) a
    join grantees g on g.oid = a.grantee
    order by 1
  )
from pg_catalog.pg_default_acl d
join schemas s on s.oid = d.defaclnamespace
where d.defaclobjtype in ('r', 'S')
  and d.defaclrole = (select r.oid from pg_catalog.pg_roles r where r.rolname = $3)
order by 1, 2, 3, 4
