-- Memberships of the roles $1: whether they have options that a plain GRANT would not give (from 16 on
-- there are three), and whether the admin may grant them.
select m.rolname::text as role, g.rolname::text as group,
  coalesce(
    x.admin_option
      or (pg_catalog.to_jsonb(x) ->> 'inherit_option')::boolean <> m.rolinherit
      or not (pg_catalog.to_jsonb(x) ->> 'set_option')::boolean,
    false
  ) as has_options,
  pg_catalog.current_setting('server_version_num')::int < 160000
    -- What it made itself, as in most cases, needs no look at all that it may do.
    or exists (
      select
      from pg_catalog.pg_auth_members a
      join pg_catalog.pg_roles me on me.oid = a.member
      where a.roleid = g.oid and me.rolname = current_user and a.admin_option
    )
    or pg_catalog.pg_has_role(g.oid, 'MEMBER WITH ADMIN OPTION') as is_ours_to_grant
from pg_catalog.pg_auth_members x
join pg_catalog.pg_roles g on g.oid = x.roleid
join pg_catalog.pg_roles m on m.oid = x.member
where m.rolname = any ($1::text[])
order by 1, 2
