-- What the role of this session may do with the objects of the schemas $1, by its own grant, a membership or
-- PUBLIC, and whether the roles $4 have it, too. $2 and $3 are the privileges on tables and sequences to check.
-- Objects that an extension made or that one of the roles $5 owns are left out.
with groups as (
  select r.oid from pg_catalog.pg_roles r where r.rolname = any ($4::text[])
),
schemas as (
  select n.oid, n.nspname::text as name, n.nspacl as acl, n.nspowner as owner
  from pg_catalog.pg_namespace n
  where n.nspname = any ($1::text[])
),
guests as (
  select r.oid from pg_catalog.pg_roles r where r.rolname = any ($5::text[])
),
relations as (
  select c.oid, s.name as schema, c.relname::text as name, c.relkind = 'S' as is_sequence
  from pg_catalog.pg_class c
  join schemas s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and c.relowner not in (select g.oid from guests g)
    and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
    )
)
select 'table' as type, r.schema, r.name, r.name as object, p.privilege,
  pg_catalog.has_table_privilege(r.oid, p.privilege) as is_granted, false as is_public,
  exists (select from groups g where pg_catalog.has_table_privilege(g.oid, r.oid, p.privilege)) as is_inherited
from relations r
cross join unnest($2::text[]) p (privilege)
where not r.is_sequence
  and (p.privilege <> 'MAINTAIN' or pg_catalog.current_setting('server_version_num')::int >= 170000)
union all
-- Privileges on some columns only.
select 'table', r.schema, r.name || ' (some columns)', r.name, p.privilege, true, false,
  exists (select from groups g where pg_catalog.has_any_column_privilege(g.oid, r.oid, p.privilege))
from relations r
cross join unnest($2::text[]) p (privilege)
where not r.is_sequence and p.privilege in ('INSERT', 'REFERENCES', 'SELECT', 'UPDATE')
  and pg_catalog.has_any_column_privilege(r.oid, p.privilege)
  and not pg_catalog.has_table_privilege(r.oid, p.privilege)
union all
select 'sequence', r.schema, r.name, r.name, p.privilege,
  pg_catalog.has_sequence_privilege(r.oid, p.privilege), false,
  exists (select from groups g where pg_catalog.has_sequence_privilege(g.oid, r.oid, p.privilege))
from relations r
cross join unnest($3::text[]) p (privilege)
where r.is_sequence
union all
-- PUBLIC has EXECUTE on every function until its owner revokes it.
select 'function', s.name, f.proname || '(' || pg_catalog.oidvectortypes(f.proargtypes) || ')', f.proname,
  'EXECUTE',
  pg_catalog.has_function_privilege(f.oid, 'EXECUTE'),
  exists (
    select
    from pg_catalog.aclexplode(coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))) a
    where a.grantee = 0
  ),
  exists (select from groups g where pg_catalog.has_function_privilege(g.oid, f.oid, 'EXECUTE'))
from pg_catalog.pg_proc f
join schemas s on s.oid = f.pronamespace
where f.proowner not in (select g.oid from guests g)
  and not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = f.oid and d.deptype = 'e'
  )
union all
select 'schema', s.name, s.name, s.name, p.privilege, pg_catalog.has_schema_privilege(s.oid, p.privilege),
  p.privilege = 'USAGE' and exists (
    select from pg_catalog.aclexplode(coalesce(s.acl, pg_catalog.acldefault('n', s.owner))) a
    where a.grantee = 0 and a.privilege_type = 'USAGE'
  ),
  exists (select from groups g where pg_catalog.has_schema_privilege(g.oid, s.oid, p.privilege))
from schemas s
cross join unnest(array['USAGE', 'CREATE']) p (privilege)
union all
select 'database', null, d.datname, d.datname, p.privilege, pg_catalog.has_database_privilege(d.oid, p.privilege), false,
  exists (select from groups g where pg_catalog.has_database_privilege(g.oid, d.oid, p.privilege))
from pg_catalog.pg_database d
cross join unnest(array['CONNECT', 'CREATE', 'TEMPORARY']) p (privilege)
where d.datname = pg_catalog.current_database()
order by 1, 2, 3, 4
