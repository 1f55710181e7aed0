-- What the role of this session may do with the objects of schema $1, however it came by it: own
-- grant, membership, PUBLIC. $2 and $3 are the privileges to ask for on tables and sequences.
select 'table' as type, c.relname::text as name, p.privilege,
  pg_catalog.has_table_privilege(c.oid, p.privilege) as held
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join unnest($2::text[]) p (privilege)
where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
union all
select 'sequence', c.relname, p.privilege, pg_catalog.has_sequence_privilege(c.oid, p.privilege)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join unnest($3::text[]) p (privilege)
where n.nspname = $1 and c.relkind = 'S'
union all
select 'schema', n.nspname, p.privilege, pg_catalog.has_schema_privilege(n.oid, p.privilege)
from pg_catalog.pg_namespace n
cross join unnest(array['USAGE', 'CREATE']) p (privilege)
where n.nspname = $1
union all
select 'database', d.datname, p.privilege, pg_catalog.has_database_privilege(d.oid, p.privilege)
from pg_catalog.pg_database d
cross join unnest(array['CONNECT', 'CREATE', 'TEMPORARY']) p (privilege)
where d.datname = pg_catalog.current_database()
order by 1, 2, 3
