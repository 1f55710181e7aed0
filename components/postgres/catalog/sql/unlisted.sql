-- What this database holds beside what belongs to its owner $1: objects of the owners that $2 does not list,
-- settings for the database, and schemas of $1 that $3 does not list and some of the roles $4 cannot enter.
-- Left out are objects of extensions, what only a superuser can own, and functions that run with a superuser's
-- rights on purpose (SECURITY DEFINER). From 16384 on an object is not part of Postgres itself.
-- Each catalog is read alone, and not joined with pg_roles, which is a view: Postgres would plan longer than it reads.
with spaces as materialized (
  select n.tableoid, n.oid, n.nspname, n.nspowner
  from pg_catalog.pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (
      select
      from pg_catalog.pg_depend x
      where x.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and x.objid = n.oid and x.deptype = 'e'
    )
),
-- space null: the object is in no schema.
objects (class, id, owner, space) as materialized (
  -- An identity column or SERIAL moves its sequence with the table.
  select c.tableoid, c.oid, c.relowner, c.relnamespace
  from pg_catalog.pg_class c
  where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and not exists (
      select
      from pg_catalog.pg_depend d
      where c.relkind = 'S' and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i')
    )
  union all
  select p.tableoid, p.oid, p.proowner, p.pronamespace
  from pg_catalog.pg_proc p
  where p.oid >= 16384
    and not (
      p.prosecdef and exists (select from pg_catalog.pg_roles r where r.oid = p.proowner and r.rolsuper)
    )
  union all
  -- Neither arrays nor the row types of tables nor multiranges: they belong to another type or table.
  select t.tableoid, t.oid, t.typowner, t.typnamespace
  from pg_catalog.pg_type t
  where t.oid >= 16384
    and (
      t.typtype in ('d', 'e', 'r') or (t.typtype = 'b' and t.typarray <> 0)
      or exists (select from pg_catalog.pg_class c where c.oid = t.typrelid and c.relkind = 'c')
    )
  union all
  select l.tableoid, l.oid, l.collowner, l.collnamespace from pg_catalog.pg_collation l where l.oid >= 16384
  union all
  select v.tableoid, v.oid, v.conowner, v.connamespace from pg_catalog.pg_conversion v where v.oid >= 16384
  union all
  select o.tableoid, o.oid, o.oprowner, o.oprnamespace from pg_catalog.pg_operator o where o.oid >= 16384
  union all
  select o.tableoid, o.oid, o.opcowner, o.opcnamespace from pg_catalog.pg_opclass o where o.oid >= 16384
  union all
  select o.tableoid, o.oid, o.opfowner, o.opfnamespace from pg_catalog.pg_opfamily o where o.oid >= 16384
  union all
  select t.tableoid, t.oid, t.cfgowner, t.cfgnamespace from pg_catalog.pg_ts_config t where t.oid >= 16384
  union all
  select t.tableoid, t.oid, t.dictowner, t.dictnamespace from pg_catalog.pg_ts_dict t where t.oid >= 16384
  union all
  select s.tableoid, s.oid, s.stxowner, s.stxnamespace from pg_catalog.pg_statistic_ext s where s.oid >= 16384
  union all
  select s.tableoid, s.oid, s.nspowner, null from spaces s where s.oid >= 16384 and s.nspname <> 'public'
  union all
  select f.tableoid, f.oid, f.srvowner, null from pg_catalog.pg_foreign_server f where f.oid >= 16384
  union all
  select 'pg_catalog.pg_largeobject'::pg_catalog.regclass, l.oid, l.lomowner, null
  from pg_catalog.pg_largeobject_metadata l
  where l.oid >= 16384
),
strange as (
  select o.class, o.id, pg_catalog.pg_get_userbyid(o.owner) as owner
  from objects o
  where pg_catalog.pg_get_userbyid(o.owner) <> $1 and pg_catalog.pg_get_userbyid(o.owner) <> all ($2::name[])
    and (o.space is null or o.space in (select s.oid from spaces s))
    and not exists (
      select from pg_catalog.pg_depend x where x.classid = o.class and x.objid = o.id and x.deptype = 'e'
    )
)
select 'object' as kind, n.type, n.identity as name, s.owner::text as role, '{}'::text[] as roles
from strange s
cross join lateral pg_catalog.pg_identify_object(s.class, s.id, 0) n
union all
select 'setting', null, t.setting,
  case when g.setrole <> 0 then pg_catalog.pg_get_userbyid(g.setrole)::text end, '{}'
from pg_catalog.pg_db_role_setting g
cross join lateral unnest(g.setconfig) t (setting)
where g.setdatabase = (
  select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
)
union all
select 'schema', null, s.nspname::text, $1, c.roles
from spaces s
cross join lateral (
  select array(
    select r.name::text
    from unnest($4::name[]) r (name)
    where not pg_catalog.has_schema_privilege(
      pg_catalog.to_regrole(pg_catalog.quote_ident(r.name)), s.oid, 'USAGE'
    )
    order by 1
  ) as roles
) c
where pg_catalog.pg_get_userbyid(s.nspowner) = $1 and s.nspname <> all ($3::name[]) and c.roles <> '{}'
order by 1, 2, 3, 4
