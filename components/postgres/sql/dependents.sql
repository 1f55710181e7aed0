-- What outside of database $2 depends on the roles $1: what they own, and what they were given. Objects
-- of other databases can only be counted from here. Memberships go with the role by themselves.
select r.rolname::text as role,
  d.datname::text as database,
  case when s.dbid = 0 then pg_catalog.pg_describe_object(s.classid, s.objid, 0) end as object,
  s.deptype = 'o' as is_owner,
  pg_catalog.count(*)::int as count
from pg_catalog.pg_shdepend s
join pg_catalog.pg_roles r on r.oid = s.refobjid
left join pg_catalog.pg_database d on d.oid = s.dbid
left join pg_catalog.pg_database own on own.datname = $2
where s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
  and r.rolname = any ($1::name[])
  and s.classid <> 'pg_catalog.pg_auth_members'::pg_catalog.regclass
  and s.dbid is distinct from own.oid
  and not (
    s.dbid = 0
    and s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass
    and s.objid is not distinct from own.oid
  )
group by 1, 2, 3, 4
order by 1, 2, 3
