-- What others would lose in database $2 (it must be the current one) through DROP OWNED BY the roles $1:
-- privileges that these roles granted, and policies that name them. On objects that the roles own, the new
-- owner becomes the grantor, so nothing is lost there.
with leaving as (
  select r.oid, r.rolname from pg_catalog.pg_roles r
  where r.rolname = any ($1::name[]) and pg_catalog.current_database() = $2
),
objects (class, id, part, owner, acl) as (
  select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0, c.relowner, c.relacl from pg_catalog.pg_class c
  union all
  select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, t.attnum, c.relowner, t.attacl
  from pg_catalog.pg_attribute t
  join pg_catalog.pg_class c on c.oid = t.attrelid
  where not t.attisdropped
  union all
  select 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 0, p.proowner, p.proacl from pg_catalog.pg_proc p
  union all
  select 'pg_catalog.pg_namespace'::pg_catalog.regclass, n.oid, 0, n.nspowner, n.nspacl
  from pg_catalog.pg_namespace n
  union all
  select 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0, t.typowner, t.typacl from pg_catalog.pg_type t
  union all
  select 'pg_catalog.pg_language'::pg_catalog.regclass, l.oid, 0, l.lanowner, l.lanacl
  from pg_catalog.pg_language l
  union all
  select 'pg_catalog.pg_largeobject'::pg_catalog.regclass, l.oid, 0, l.lomowner, l.lomacl
  from pg_catalog.pg_largeobject_metadata l
  union all
  select 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, f.oid, 0, f.fdwowner, f.fdwacl
  from pg_catalog.pg_foreign_data_wrapper f
  union all
  select 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, 0, s.srvowner, s.srvacl
  from pg_catalog.pg_foreign_server s
  union all
  select 'pg_catalog.pg_database'::pg_catalog.regclass, d.oid, 0, d.datdba, d.datacl
  from pg_catalog.pg_database d
  where d.datname = $2
)
select l.rolname::text as role,
  pg_catalog.pg_describe_object(o.class, o.id, o.part) as object,
  case a.grantee when 0 then 'PUBLIC' else 'role "' || pg_catalog.pg_get_userbyid(a.grantee) || '"' end as loser,
  pg_catalog.string_agg(a.privilege_type, ', ' order by a.privilege_type) as privileges
from objects o
cross join lateral pg_catalog.aclexplode(o.acl) a
join leaving l on l.oid = a.grantor
where o.acl is not null
  and o.owner <> l.oid
  and a.grantee not in (select oid from leaving)
group by 1, 2, 3
union all
select l.rolname::text, pg_catalog.pg_describe_object('pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 0), null, ''
from pg_catalog.pg_policy p
join leaving l on l.oid = any (p.polroles)
order by 1, 2, 3
