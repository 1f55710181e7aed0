-- Databases that PUBLIC has privileges on, with their owners.
select d.datname::text as name, o.rolname::text as owner, p.privileges
from pg_catalog.pg_database d
join pg_catalog.pg_roles o on o.oid = d.datdba
cross join lateral (
  select array(
    select a.privilege_type
    from pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
    where a.grantee = 0
    order by 1
  ) as privileges
) p
where d.datallowconn and p.privileges <> '{}'
order by 1
