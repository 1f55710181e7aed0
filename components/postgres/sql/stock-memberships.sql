-- Memberships of the roles $1 with options that a plain GRANT would not give. From 16 on they are three.
select m.rolname::text as role, g.rolname::text as group
from pg_catalog.pg_auth_members x
join pg_catalog.pg_roles g on g.oid = x.roleid
join pg_catalog.pg_roles m on m.oid = x.member
where m.rolname = any ($1::text[])
  and (
    x.admin_option
    or (pg_catalog.to_jsonb(x) ->> 'inherit_option')::boolean <> m.rolinherit
    or not (pg_catalog.to_jsonb(x) ->> 'set_option')::boolean
  )
order by 1, 2
