-- What the role of this session is, and which databases it may enter. One row.
select
  r.rolsuper as is_superuser,
  r.rolcreaterole as can_create_role,
  r.rolcreatedb as can_create_database,
  r.rolreplication as can_replicate,
  r.rolbypassrls as bypasses_rls,
  r.rolconnlimit as connection_limit,
  array(
    select g.rolname::text
    from pg_catalog.pg_auth_members m
    join pg_catalog.pg_roles g on g.oid = m.roleid
    where m.member = r.oid
    order by 1
  ) as member_of,
  array(
    select d.datname::text
    from pg_catalog.pg_database d
    where d.datallowconn and pg_catalog.has_database_privilege(d.oid, 'CONNECT')
    order by 1
  ) as may_enter
from pg_catalog.pg_roles r
where r.rolname = session_user
