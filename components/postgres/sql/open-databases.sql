-- Databases that PUBLIC may enter, with their owners.
select d.datname::text as name, o.rolname::text as owner
from pg_catalog.pg_database d
join pg_catalog.pg_roles o on o.oid = d.datdba
where d.datallowconn
  and exists (
    select
    from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
    where a.grantee = 0 and a.privilege_type = 'CONNECT'
  )
order by 1
