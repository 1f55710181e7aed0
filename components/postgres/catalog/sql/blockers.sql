-- What keeps database $1 from being dropped, besides sessions. DROP DATABASE would drop a replication slot that
-- nobody reads at the moment, and its reader would miss changes. It would also drop what others own there: roles
-- that are neither superusers nor the admin. The stack's roles are members of $2, and a login of Vault is a member
-- of one of them.
select 'subscription' as kind, s.subname::text as name, false as is_of_stack
from pg_catalog.pg_subscription s
join pg_catalog.pg_database d on d.oid = s.subdbid
where d.datname = $1
union all
select 'replication slot', s.slot_name::text, false
from pg_catalog.pg_replication_slots s
where s.database = $1
union all
select 'prepared transaction', p.gid, false
from pg_catalog.pg_prepared_xacts p
where p.database = $1
union all
select 'template', d.datname::text, false
from pg_catalog.pg_database d
where d.datname = $1 and d.datistemplate
union all
select distinct 'objects', r.rolname::text, coalesce(pg_catalog.pg_has_role(r.oid, mark.oid, 'MEMBER'), false)
from pg_catalog.pg_shdepend s
join pg_catalog.pg_database d on d.oid = s.dbid
join pg_catalog.pg_roles r on r.oid = s.refobjid
left join pg_catalog.pg_roles mark on mark.rolname = $2
where d.datname = $1
  and s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
  and s.deptype = 'o'
  -- They hold nothing.
  and s.classid not in (
    'pg_catalog.pg_default_acl'::pg_catalog.regclass, 'pg_catalog.pg_user_mapping'::pg_catalog.regclass
  )
  and not r.rolsuper
  and r.rolname <> current_user
order by 1, 2
