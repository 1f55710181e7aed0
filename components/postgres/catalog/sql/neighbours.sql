-- Privileges, ownership and memberships between the roles $1 and the roles and databases $2, each with the
-- statement that ends it. There must be none.
with memberships as (
  select g.rolname as "group", m.rolname as member,
    pg_catalog.format('REVOKE %I FROM %I', g.rolname, m.rolname)
      -- From 16 on REVOKE ends only what this role granted.
      || case when pg_catalog.current_setting('server_version_num')::int >= 160000
        then pg_catalog.format(' GRANTED BY %I', pg_catalog.pg_get_userbyid(x.grantor)) else '' end as statement
  from pg_catalog.pg_auth_members x
  join pg_catalog.pg_roles g on g.oid = x.roleid
  join pg_catalog.pg_roles m on m.oid = x.member
)
select 'database ' || d.datname || ': ' || g.rolname || ' has ' || a.privilege_type as what,
  pg_catalog.format('REVOKE %s ON DATABASE %I FROM %I', a.privilege_type, d.datname, g.rolname) as statement
from pg_catalog.pg_database d
cross join lateral pg_catalog.aclexplode(d.datacl) a
join pg_catalog.pg_roles g on g.oid = a.grantee
where d.datname = any ($2::text[]) and g.rolname = any ($1::text[])
union all
select 'database ' || d.datname || ': belongs to ' || o.rolname,
  pg_catalog.format('ALTER DATABASE %I OWNER TO CURRENT_USER', d.datname)
from pg_catalog.pg_database d
join pg_catalog.pg_roles o on o.oid = d.datdba
where d.datname = any ($2::text[]) and o.rolname = any ($1::text[])
union all
select 'role ' || x."group" || ': ' || x.member || ' is a member of it',
  x.statement
from memberships x
where x."group" = any ($2::text[]) and x.member = any ($1::text[])
union all
select 'role ' || x.member || ': it is a member of ' || x."group",
  x.statement
from memberships x
where x.member = any ($2::text[]) and x."group" = any ($1::text[])
order by 1
