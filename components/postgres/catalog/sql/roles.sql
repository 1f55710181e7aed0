-- Those of the roles $1 that exist (null = all), with all that Berth may change.
with recursive
-- The result of pg_has_role(..., 'MEMBER WITH ADMIN OPTION') for all roles at once. Called for each role,
-- Postgres would follow all memberships of the admin each time: seconds for a thousand roles.
mine(oid) as (
  select r.oid from pg_catalog.pg_roles r where r.rolname = current_user
  union
  select m.roleid from pg_catalog.pg_auth_members m join mine on mine.oid = m.member
),
given(oid) as (
  select m.roleid from pg_catalog.pg_auth_members m join mine on mine.oid = m.member where m.admin_option
),
-- From Postgres 16 a role with CREATEROLE becomes a member of each role that it creates: with ADMIN only, and as
-- createrole_self_grant says. These memberships do not count, also those in the ownership role.
counted(group_id, member) as not materialized (
  select m.roleid, m.member
  from pg_catalog.pg_auth_members m
  join pg_catalog.pg_roles r on r.oid = m.member
  where not (
    r.rolcreaterole
    and (
      m.grantor = m.member
      or m.admin_option and coalesce(pg_catalog.to_jsonb(m) ->> 'set_option', 'true') = 'false'
    )
  )
),
described(oid, description) as (
  select d.objoid, d.description
  from pg_catalog.pg_shdescription d
  where d.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass
),
owned(owner, databases) as (
  select d.datdba, array_agg(d.datname::text order by d.datname::text)
  from pg_catalog.pg_database d
  group by d.datdba
)
select
  r.rolname as name,
  r.rolcanlogin as can_login,
  r.rolsuper as is_superuser,
  r.rolcreaterole as can_create_role,
  r.rolcreatedb as can_create_database,
  r.rolreplication as can_replicate,
  r.rolbypassrls as bypasses_rls,
  r.rolinherit as inherits,
  coalesce(r.rolvaliduntil < 'infinity', false) as expires,
  -- INHERIT: the admin may change what the role owns. SET (Postgres 16): it may make the role an owner.
  -- The fast path: of a role that the admin made. Postgres would follow all memberships of the admin.
  exists (
    select
    from pg_catalog.pg_auth_members m
    where m.roleid = r.oid and m.member = me.oid
      and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::bool, me.rolinherit)
      and coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::bool, true)
  )
    or pg_catalog.pg_has_role(r.oid, 'USAGE')
    and pg_catalog.pg_has_role(
      r.oid,
      case when pg_catalog.current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end
    ) as admin_is_member,
  pg_catalog.current_setting('server_version_num')::int < 160000
    or me.rolsuper
    -- The fast path: a role that the admin made itself, as most are.
    or exists (
      select
      from pg_catalog.pg_auth_members m
      where m.roleid = r.oid and m.member = me.oid and m.admin_option
    )
    or r.oid in (select given.oid from given) as admin_may_alter,
  r.rolconnlimit as connection_limit,
  -- A membership may have several grantors, so only distinct names count.
  array(
    select distinct pg_catalog.pg_get_userbyid(c.group_id)::text
    from counted c
    where c.member = r.oid
    order by 1
  ) as member_of,
  array(
    select pg_catalog.json_build_object(
      'group', pg_catalog.pg_get_userbyid(m.roleid),
      'grantor', pg_catalog.pg_get_userbyid(m.grantor),
      'comment', d.description,
      'isAdmin', m.admin_option,
      -- Before 16 these two are no options of a membership.
      'inherits', coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::bool, r.rolinherit),
      'maySetRole', coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::bool, true)
    )
    from pg_catalog.pg_auth_members m
    left join described d on d.oid = m.roleid
    where m.member = r.oid
    order by pg_catalog.pg_get_userbyid(m.roleid), pg_catalog.pg_get_userbyid(m.grantor)
  ) as memberships,
  array(
    select pg_catalog.unnest(s.setconfig)
    from pg_catalog.pg_db_role_setting s
    where s.setrole = r.oid and s.setdatabase = 0
  ) as settings,
  coalesce(owned.databases, '{}') as owned_databases,
  described.description as comment,
  exists (select from counted c where c.group_id = r.oid) as has_members
from pg_catalog.pg_roles r
left join described on described.oid = r.oid
join pg_catalog.pg_roles me on me.rolname = current_user
left join owned on owned.owner = r.oid
where $1::text[] is null or r.rolname = any ($1::text[])
order by 1
