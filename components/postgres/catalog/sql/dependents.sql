-- What depends on the roles $1 outside database $2: what they own, and what they have privileges on. Objects
-- of other databases can only be counted from here. Memberships end with the role. Only memberships of
-- others that it granted prevent a drop (since Postgres 16), and DROP OWNED would revoke them.
select r.rolname::text as role,
  d.datname::text as database,
  case when s.dbid = 0 then pg_catalog.pg_describe_object(s.classid, s.objid, 0) end as object,
  case s.deptype when 'o' then 'owns' else 'has privileges on' end as tie,
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
union all
select r.rolname::text, null,
  pg_catalog.format(
    'membership of role %1$I in role %2$I (REVOKE %2$I FROM %1$I GRANTED BY %3$I takes it back)',
    pg_catalog.pg_get_userbyid(m.member), pg_catalog.pg_get_userbyid(m.roleid), r.rolname
  ),
  'granted', 1
from pg_catalog.pg_auth_members m
join pg_catalog.pg_roles r on r.oid = m.grantor
where r.rolname = any ($1::name[])
  and m.member <> r.oid
  and pg_catalog.current_setting('server_version_num')::int >= 160000
order by 1, 2, 3
