-- The role $2, which is that of this session: its attributes, its memberships, and databases that it may connect to, also only as
-- a member of the roles $1. One row.
select
  r.rolsuper as is_superuser,
  r.rolcreaterole as can_create_role,
  r.rolcreatedb as can_create_database,
  r.rolreplication as can_replicate,
  r.rolbypassrls as bypasses_rls,
  coalesce(r.rolvaliduntil < 'infinity', false) as expires,
  r.rolconnlimit as connection_limit,
  array(
    select distinct g.rolname::text
    from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles g on g.oid = m.roleid
    where m.member = r.oid
    order by 1
  ) as member_of,
  array(
    select pg_catalog.json_build_object('group', g.rolname, 'grantor', pg_catalog.pg_get_userbyid(m.grantor))
    from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles g on g.oid = m.roleid
    where m.member = r.oid
    order by g.rolname, pg_catalog.pg_get_userbyid(m.grantor)
  ) as memberships,
  array(
    select d.datname::text
    from pg_catalog.pg_database d
    where d.datallowconn and pg_catalog.has_database_privilege(d.oid, 'CONNECT')
    order by 1
  ) as may_enter,
  -- CONNECT that is not PUBLIC's. isOwner: as a member of the database's owner.
  array(
    select pg_catalog.json_build_object(
      'database', d.datname,
      'grantee', pg_catalog.pg_get_userbyid(a.grantee),
      'isOwner', a.grantee = d.datdba,
      'grantor', case when a.grantor <> d.datdba then pg_catalog.pg_get_userbyid(a.grantor) end
    )
    from pg_catalog.pg_database d
    cross join lateral pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
    where d.datallowconn and a.privilege_type = 'CONNECT' and a.grantee <> 0
      and pg_catalog.pg_has_role(r.oid, a.grantee, 'USAGE')
    order by d.datname, pg_catalog.pg_get_userbyid(a.grantee)
  ) as ways,
  array(
    select d.datname::text
    from pg_catalog.pg_database d
    where d.datallowconn
      and exists (
        select
        from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
        join pg_catalog.pg_roles g on g.rolname = any ($1::text[])
        where a.privilege_type = 'CONNECT' and a.grantee <> 0
          and pg_catalog.pg_has_role(g.oid, a.grantee, 'USAGE')
      )
    order by 1
  ) as may_enter_as_member,
  array(
    select g.rolname::text
    from pg_catalog.pg_roles g
    where g.oid <> r.oid and pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER')
      and (g.rolsuper or g.rolcreaterole or g.rolcreatedb or g.rolreplication or g.rolbypassrls)
    order by 1
  ) as may_become,
  array(
    select pg_catalog.unnest(s.setconfig)
    from pg_catalog.pg_db_role_setting s
    where s.setrole = r.oid and s.setdatabase = 0
  ) as settings,
  array(
    select pg_catalog.unnest(s.setconfig)
    from pg_catalog.pg_db_role_setting s
    join pg_catalog.pg_database d on d.oid = s.setdatabase
    where s.setrole = 0 and d.datname = pg_catalog.current_database()
  ) as database_settings,
  exists (
    select
    from pg_catalog.pg_namespace n
    where n.nspname = 'public' and pg_catalog.has_schema_privilege('public', n.oid, 'CREATE')
  ) as public_may_create
from pg_catalog.pg_roles r
where r.rolname = $2
