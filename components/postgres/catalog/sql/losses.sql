-- What keeps the roles $1 from being dropped in database $2 (it must be the current one), because DROP OWNED
-- BY them would take from others or would fail:
--   gave: privileges that they granted on objects of others. On what they own, the new owner becomes the grantor.
--   has: privileges that DROP OWNED cannot revoke: another role than the owner granted them, or the admin may
--     not act for the owner.
--   policy: policies that name them.
--   owns: what only a superuser may own.
--   member: roles of others that are members of them, as no entry states. Those of the stack are members of $3.
-- `target` is the object as SQL, and `column` a column of it in parentheses.
with leaving as (
  select r.oid, r.rolname from pg_catalog.pg_roles r
  where r.rolname = any ($1::name[]) and pg_catalog.current_database() = $2
),
objects (class, id, part, owner, acl, target, of_column) as (
  select c.tableoid, c.oid, 0, c.relowner, c.relacl,
    case c.relkind when 'S' then 'SEQUENCE ' else 'TABLE ' end || c.oid::pg_catalog.regclass, ''
  from pg_catalog.pg_class c
  union all
  select c.tableoid, c.oid, t.attnum, c.relowner, t.attacl,
    'TABLE ' || c.oid::pg_catalog.regclass, pg_catalog.format('(%I)', t.attname)
  from pg_catalog.pg_attribute t
  join pg_catalog.pg_class c on c.oid = t.attrelid
  where not t.attisdropped
  union all
  select p.tableoid, p.oid, 0, p.proowner, p.proacl, 'ROUTINE ' || p.oid::pg_catalog.regprocedure, ''
  from pg_catalog.pg_proc p
  union all
  select n.tableoid, n.oid, 0, n.nspowner, n.nspacl, pg_catalog.format('SCHEMA %I', n.nspname), ''
  from pg_catalog.pg_namespace n
  union all
  select t.tableoid, t.oid, 0, t.typowner, t.typacl, 'TYPE ' || t.oid::pg_catalog.regtype, ''
  from pg_catalog.pg_type t
  union all
  select l.tableoid, l.oid, 0, l.lanowner, l.lanacl, pg_catalog.format('LANGUAGE %I', l.lanname), ''
  from pg_catalog.pg_language l
  union all
  select 'pg_catalog.pg_largeobject'::pg_catalog.regclass, l.oid, 0, l.lomowner, l.lomacl,
    'LARGE OBJECT ' || l.oid, ''
  from pg_catalog.pg_largeobject_metadata l
  union all
  select f.tableoid, f.oid, 0, f.fdwowner, f.fdwacl,
    pg_catalog.format('FOREIGN DATA WRAPPER %I', f.fdwname), ''
  from pg_catalog.pg_foreign_data_wrapper f
  union all
  select s.tableoid, s.oid, 0, s.srvowner, s.srvacl,
    pg_catalog.format('FOREIGN SERVER %I', s.srvname), ''
  from pg_catalog.pg_foreign_server s
  union all
  select d.tableoid, d.oid, 0, d.datdba, d.datacl, pg_catalog.format('DATABASE %I', d.datname), ''
  from pg_catalog.pg_database d
  where d.datname = $2
),
privileges as (
  select o.class, o.id, o.part, o.owner, o.target, o.of_column, a.grantor, a.grantee,
    pg_catalog.array_agg(a.privilege_type order by a.privilege_type) as privileges
  from objects o
  cross join lateral pg_catalog.aclexplode(o.acl) a
  where o.acl is not null
  group by 1, 2, 3, 4, 5, 6, 7, 8
)
select 'gave' as kind, l.rolname::text as role,
  pg_catalog.pg_describe_object(p.class, p.id, p.part) as object, p.target, p.privileges, p.of_column as column,
  case when p.grantee <> 0 then pg_catalog.pg_get_userbyid(p.grantee)::text end as grantee,
  l.rolname::text as grantor
from privileges p
join leaving l on l.oid = p.grantor
where p.owner <> l.oid and p.grantee not in (select oid from leaving)
union all
select 'has', l.rolname::text, pg_catalog.pg_describe_object(p.class, p.id, p.part), p.target, p.privileges, p.of_column,
  l.rolname::text, case when p.grantor <> p.owner then pg_catalog.pg_get_userbyid(p.grantor)::text end
from privileges p
join leaving l on l.oid = p.grantee
where p.owner <> l.oid
  and p.grantor not in (select oid from leaving)
  and (p.grantor <> p.owner or not pg_catalog.pg_has_role(p.owner, 'USAGE'))
union all
select 'policy', l.rolname::text,
  pg_catalog.pg_describe_object(p.tableoid, p.oid, 0),
  pg_catalog.format('POLICY %I ON %s', p.polname, p.polrelid::pg_catalog.regclass), '{}', '', null, null
from pg_catalog.pg_policy p
join leaving l on l.oid = any (p.polroles)
union all
select 'owns', l.rolname::text, pg_catalog.pg_describe_object(o.class, o.id, 0), o.target, '{}', '', null, null
from (
  select t.tableoid, t.oid, t.evtowner, pg_catalog.format('EVENT TRIGGER %I', t.evtname)
  from pg_catalog.pg_event_trigger t
  union all
  select f.tableoid, f.oid, f.fdwowner, pg_catalog.format('FOREIGN DATA WRAPPER %I', f.fdwname)
  from pg_catalog.pg_foreign_data_wrapper f
) o (class, id, owner, target)
join leaving l on l.oid = o.owner
union all
select 'member', l.rolname::text, pg_catalog.format('role %s', l.rolname),
  pg_catalog.format('%I FROM %I', l.rolname, m.rolname)
    || case when pg_catalog.current_setting('server_version_num')::int >= 160000
      then pg_catalog.format(' GRANTED BY %I', pg_catalog.pg_get_userbyid(a.grantor)) else '' end,
  '{}', '', m.rolname::text, pg_catalog.pg_get_userbyid(a.grantor)::text
from pg_catalog.pg_auth_members a
join leaving l on l.oid = a.roleid
join pg_catalog.pg_roles m on m.oid = a.member
where m.rolname <> current_user and not m.rolsuper and m.oid not in (select oid from leaving)
  -- As in roles.sql: such a membership comes with the making of a role.
  and not (
    m.rolcreaterole
    and (
      a.grantor = a.member
      or a.admin_option and coalesce(pg_catalog.to_jsonb(a) ->> 'set_option', 'true') = 'false'
    )
  )
  and not exists (
    select from pg_catalog.pg_auth_members own
    join pg_catalog.pg_roles mark on mark.oid = own.roleid
    where own.member = m.oid and mark.rolname = $3
  )
order by 1, 2, 3
