-- What this database holds that an entry does not say, and that therefore stays as it is. $1 is the
-- role that owns the database.
with own as (
  select n.oid, n.nspname, n.nspowner, n.nspacl
  from pg_catalog.pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
),
-- What an extension brought belongs to the extension.
brought as (
  select x.classid, x.objid from pg_catalog.pg_depend x where x.deptype = 'e'
),
owners as (
  select c.relowner as owner, case c.relkind when 'S' then 'sequences' when 'v' then 'views' when 'm' then 'views' else 'tables' end as kind
  from pg_catalog.pg_class c
  join own on own.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (select from brought b where b.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and b.objid = c.oid)
  union all
  select p.proowner, 'functions'
  from pg_catalog.pg_proc p
  join own on own.oid = p.pronamespace
  where not exists (select from brought b where b.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and b.objid = p.oid)
  union all
  select own.nspowner, 'schemas' from own
),
given as (
  select d.datacl as acl from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
  union all
  select own.nspacl from own
  union all
  select c.relacl from pg_catalog.pg_class c join own on own.oid = c.relnamespace
  union all
  select p.proacl from pg_catalog.pg_proc p join own on own.oid = p.pronamespace
  union all
  select a.attacl
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join own on own.oid = c.relnamespace
)
select 'schema' as kind, own.nspname::text as name, 1 as count from own where own.nspname <> 'public'
union all
select 'extension', e.extname::text, 1 from pg_catalog.pg_extension e where e.extname <> 'plpgsql'
union all
select 'publication', p.pubname::text, 1 from pg_catalog.pg_publication p
union all
select o.kind || ' of', r.rolname::text, pg_catalog.count(*)::int
from owners o
join pg_catalog.pg_roles r on r.oid = o.owner
where r.rolname not in ($1, 'pg_database_owner') and not (o.kind = 'schemas' and r.rolsuper)
group by 1, 2
union all
select 'grants to', r.rolname::text, pg_catalog.count(*)::int
from given g
cross join lateral pg_catalog.aclexplode(g.acl) a
join pg_catalog.pg_roles r on r.oid = a.grantee
where r.rolname not in ($1, 'pg_database_owner') and not r.rolsuper
group by 2
union all
select 'default privileges of', r.rolname::text, pg_catalog.count(*)::int
from pg_catalog.pg_default_acl d
join pg_catalog.pg_roles r on r.oid = d.defaclrole
where r.rolname <> $1
group by 2
union all
select case when s.setrole = 0 then 'setting' else 'setting for ' || r.rolname end, t.setting, 1
from pg_catalog.pg_db_role_setting s
left join pg_catalog.pg_roles r on r.oid = s.setrole
cross join lateral unnest(s.setconfig) t (setting)
where s.setdatabase = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
order by 1, 2
