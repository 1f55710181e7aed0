-- What a grant on all objects of the schemas $2 would take from the roles $1 or do to others than the
-- owner $3: privileges that may be passed on, privileges on columns, and objects of other owners.
with schemas as (
  select n.oid, n.nspname, n.nspacl from pg_catalog.pg_namespace n where n.nspname = any ($2::text[])
),
relations as (
  select c.oid, case c.relkind when 'S' then 'sequence' else 'table' end as type, s.nspname, c.relname, c.relowner, c.relacl
  from pg_catalog.pg_class c
  join schemas s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
),
functions as (
  select s.nspname, p.proname, p.proowner, p.proacl
  from pg_catalog.pg_proc p
  join schemas s on s.oid = p.pronamespace
),
given as (
  select 'database' as type, '' as schema, d.datname as name, d.datacl as acl
  from pg_catalog.pg_database d
  where d.datname = pg_catalog.current_database()
  union all
  select 'schema', s.nspname, s.nspname, s.nspacl from schemas s
  union all
  select r.type, r.nspname, r.relname, r.relacl from relations r
  union all
  select 'function', f.nspname, f.proname, f.proacl from functions f
  union all
  select case d.defaclobjtype when 'S' then 'sequence' when 'f' then 'function' else 'table' end,
    s.nspname, '(to come)', d.defaclacl
  from pg_catalog.pg_default_acl d
  join schemas s on s.oid = d.defaclnamespace
  where d.defaclrole = (select r.oid from pg_catalog.pg_roles r where r.rolname = $3)
    and d.defaclobjtype in ('r', 'S', 'f')
)
select 'option' as kind, g.type, g.schema::text as schema, g.name::text as name, r.rolname::text as role
from given g
cross join lateral pg_catalog.aclexplode(g.acl) a
join pg_catalog.pg_roles r on r.oid = a.grantee
where a.is_grantable and r.rolname = any ($1::text[]) and r.rolname <> $3
union
select 'column', 'table', t.nspname::text, t.relname || '.' || c.attname, r.rolname::text
from relations t
join pg_catalog.pg_attribute c on c.attrelid = t.oid
cross join lateral pg_catalog.aclexplode(c.attacl) a
join pg_catalog.pg_roles r on r.oid = a.grantee
where r.rolname = any ($1::text[]) and r.rolname <> $3
union
select 'foreign', o.type, o.schema, o.name, pg_catalog.pg_get_userbyid(o.owner)::text
from (
  select r.type, r.nspname::text as schema, r.relname::text as name, r.relowner as owner from relations r
  union all
  select 'function', f.nspname::text, f.proname::text, f.proowner from functions f
) o
where pg_catalog.pg_get_userbyid(o.owner) <> $3
order by 1, 2, 3, 4, 5
