-- What this database holds beside what belongs to its owner $1: objects of the owners that $2 does not list,
-- settings for the database, and schemas of $1 that $3 does not list and some of the roles $4 cannot enter.
-- Left out are objects of extensions, what only a superuser can own, and functions that run with a superuser's
-- rights on purpose (SECURITY DEFINER).
with brought as (
  select x.classid, x.objid from pg_catalog.pg_depend x where x.deptype = 'e'
),
spaces as (
  select n.oid, n.nspname, n.nspowner
  from pg_catalog.pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (
      select from brought b
      where b.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and b.objid = n.oid
    )
),
in_spaces (class, id, owner, space) as (
  -- An identity column or SERIAL moves its sequence with the table.
  select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relowner, c.relnamespace
  from pg_catalog.pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (
      select
      from pg_catalog.pg_depend d
      where c.relkind = 'S' and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i')
    )
  union all
  select 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.proowner, p.pronamespace
  from pg_catalog.pg_proc p
  join pg_catalog.pg_roles r on r.oid = p.proowner
  where not (p.prosecdef and r.rolsuper)
  union all
  -- Neither arrays nor the row types of tables nor multiranges: they belong to another type or table.
  select 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.typowner, t.typnamespace
  from pg_catalog.pg_type t
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where t.typtype in ('d', 'e', 'r') or c.relkind = 'c' or (t.typtype = 'b' and t.typarray <> 0)
  union all
  select 'pg_catalog.pg_collation'::pg_catalog.regclass, l.oid, l.collowner, l.collnamespace
  from pg_catalog.pg_collation l
  union all
  select 'pg_catalog.pg_conversion'::pg_catalog.regclass, v.oid, v.conowner, v.connamespace
  from pg_catalog.pg_conversion v
  union all
  select 'pg_catalog.pg_operator'::pg_catalog.regclass, o.oid, o.oprowner, o.oprnamespace
  from pg_catalog.pg_operator o
  union all
  select 'pg_catalog.pg_opclass'::pg_catalog.regclass, o.oid, o.opcowner, o.opcnamespace
  from pg_catalog.pg_opclass o
  union all
  select 'pg_catalog.pg_opfamily'::pg_catalog.regclass, o.oid, o.opfowner, o.opfnamespace
  from pg_catalog.pg_opfamily o
  union all
  select 'pg_catalog.pg_ts_config'::pg_catalog.regclass, t.oid, t.cfgowner, t.cfgnamespace
  from pg_catalog.pg_ts_config t
  union all
  select 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, t.oid, t.dictowner, t.dictnamespace
  from pg_catalog.pg_ts_dict t
  union all
  select 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, s.stxowner, s.stxnamespace
  from pg_catalog.pg_statistic_ext s
),
objects (class, id, owner) as (
  select i.class, i.id, i.owner from in_spaces i join spaces s on s.oid = i.space
  union all
  select 'pg_catalog.pg_namespace'::pg_catalog.regclass, s.oid, s.nspowner from spaces s where s.nspname <> 'public'
  union all
  select 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, f.oid, f.srvowner from pg_catalog.pg_foreign_server f
  union all
  select 'pg_catalog.pg_largeobject'::pg_catalog.regclass, l.oid, l.lomowner
  from pg_catalog.pg_largeobject_metadata l
),
-- From 16384 on an object is not part of Postgres itself.
strange as (
  select o.class, o.id, r.rolname
  from objects o
  join pg_catalog.pg_roles r on r.oid = o.owner
  where o.id >= 16384 and r.rolname <> $1 and r.rolname <> all ($2::name[])
    and not exists (select from brought b where b.classid = o.class and b.objid = o.id)
),
me as (
  select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
)
select 'object' as kind, n.type, n.identity as name, s.rolname::text as role, '{}'::text[] as roles
from strange s
cross join lateral pg_catalog.pg_identify_object(s.class, s.id, 0) n
union all
select 'setting', null, t.setting, r.rolname::text, '{}'
from pg_catalog.pg_db_role_setting g
join me on me.oid = g.setdatabase
left join pg_catalog.pg_roles r on r.oid = g.setrole
cross join lateral unnest(g.setconfig) t (setting)
union all
select 'schema', null, s.nspname::text, $1, c.roles
from spaces s
join pg_catalog.pg_roles o on o.oid = s.nspowner
cross join lateral (
  select array(
    select r.rolname::text
    from pg_catalog.pg_roles r
    where r.rolname = any ($4::name[]) and not pg_catalog.has_schema_privilege(r.oid, s.oid, 'USAGE')
    order by 1
  ) as roles
) c
where o.rolname = $1 and s.nspname <> all ($3::name[]) and c.roles <> '{}'
order by 1, 2, 3, 4
