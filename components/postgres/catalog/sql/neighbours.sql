-- Privileges, ownership and memberships between the roles $1 and the roles and databases $2. There must be
-- none.
select 'database ' || d.datname as object,
  coalesce(g.rolname, 'PUBLIC') || ' has ' || a.privilege_type as trace
from pg_catalog.pg_database d
cross join lateral pg_catalog.aclexplode(d.datacl) a
join pg_catalog.pg_roles g on g.oid = a.grantee
where d.datname = any ($2::text[]) and g.rolname = any ($1::text[])
union all
select 'database ' || d.datname, 'belongs to ' || o.rolname
from pg_catalog.pg_database d
join pg_catalog.pg_roles o on o.oid = d.datdba
where d.datname = any ($2::text[]) and o.rolname = any ($1::text[])
union all
select 'role ' || g.rolname, m.rolname || ' is a member of it'
from pg_catalog.pg_auth_members x
join pg_catalog.pg_roles g on g.oid = x.roleid
join pg_catalog.pg_roles m on m.oid = x.member
where g.rolname = any ($2::text[]) and m.rolname = any ($1::text[])
union all
select 'role ' || m.rolname, 'it is a member of ' || g.rolname
from pg_catalog.pg_auth_members x
join pg_catalog.pg_roles g on g.oid = x.roleid
join pg_catalog.pg_roles m on m.oid = x.member
where m.rolname = any ($2::text[]) and g.rolname = any ($1::text[])
order by 1, 2
