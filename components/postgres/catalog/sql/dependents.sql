-- What depends on the roles $1 outside database $2: what they own, and what they have privileges on. Objects
-- of other databases can only be counted from here. Memberships end with the role. Only memberships of
-- others that it granted prevent a drop (since Postgres 16), and DROP OWNED would revoke them. A subscription
-- of database $2 prevents that database's drop, and blockers.sql has it.
with ties as (
  select r.rolname::text as role, s.dbid, d.datname::text as database, s.classid, s.objid,
    case s.deptype when 'o' then 'owns' else 'has privileges on' end as tie
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
    and not exists (
      select from pg_catalog.pg_subscription u
      where s.classid = 'pg_catalog.pg_subscription'::pg_catalog.regclass
        and u.oid = s.objid and u.subdbid = own.oid
    )
)
select t.role, coalesce(t.database, d.datname::text) as database,
  case when t.dbid = 0 then pg_catalog.pg_describe_object(t.classid, t.objid, 0) end as object, t.tie,
  case t.classid
    when 'pg_catalog.pg_database'::pg_catalog.regclass
      then (select pg_catalog.format('DATABASE %I', x.datname) from pg_catalog.pg_database x where x.oid = t.objid)
    when 'pg_catalog.pg_tablespace'::pg_catalog.regclass
      then (select pg_catalog.format('TABLESPACE %I', x.spcname) from pg_catalog.pg_tablespace x where x.oid = t.objid)
    when 'pg_catalog.pg_subscription'::pg_catalog.regclass
      then (select pg_catalog.format('SUBSCRIPTION %I', u.subname) from pg_catalog.pg_subscription u where u.oid = t.objid)
    else case
      when pg_catalog.to_regclass('pg_catalog.pg_parameter_acl') = t.classid
        then 'PARAMETER ' || (pg_catalog.pg_identify_object(t.classid, t.objid, 0)).identity
    end
  end as target,
  pg_catalog.count(*)::int as count
from ties t
left join pg_catalog.pg_subscription s
  on t.classid = 'pg_catalog.pg_subscription'::pg_catalog.regclass and s.oid = t.objid
left join pg_catalog.pg_database d on d.oid = s.subdbid
group by 1, 2, 3, 4, 5
union all
select r.rolname::text, null,
  pg_catalog.format(
    'membership of role %I in role %I', pg_catalog.pg_get_userbyid(m.member), pg_catalog.pg_get_userbyid(m.roleid)
  ),
  'granted',
  pg_catalog.format(
    'REVOKE %I FROM %I GRANTED BY %I',
    pg_catalog.pg_get_userbyid(m.roleid), pg_catalog.pg_get_userbyid(m.member), r.rolname
  ),
  1
from pg_catalog.pg_auth_members m
join pg_catalog.pg_roles r on r.oid = m.grantor
where r.rolname = any ($1::name[])
  and m.member <> r.oid
  and pg_catalog.current_setting('server_version_num')::int >= 160000
order by 1, 2, 3
