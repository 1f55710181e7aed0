-- The extensions $1, each in version $2 ('' = the server's default) and schema $3, and those that they need and the
-- database lacks: what the server has of them, and what this database has, or a new one if $4. $5 is the owner of
-- the database. An extension comes after those that it needs.
with recursive installed as (
  select x.oid, x.extname::text as name, x.extversion as version, n.nspname::text as schema, x.extowner as owner
  from pg_catalog.pg_extension x
  join pg_catalog.pg_namespace n on n.oid = x.extnamespace
  where not $4 or x.extname = 'plpgsql'
),
offered as (
  select a.name::text as name, v.version, v.version = a.default_version as is_default, v.schema::text as schema,
    v.trusted or not v.superuser as is_trusted, v.requires::text[] as requires
  from pg_catalog.pg_available_extensions a
  left join pg_catalog.pg_available_extension_versions v on v.name = a.name
),
chains as (
  select w.name collate "C" as name, w.version, w.schema, w.place, array[w.name collate "C"] as path
  from unnest($1::text[], $2::text[], $3::text[]) with ordinality w (name, version, schema, place)
  union all
  select r.name, '', c.schema, c.place, c.path || r.name
  from chains c
  join offered o on o.name = c.name and (o.version = c.version or c.version = '' and o.is_default)
  cross join unnest(o.requires) r (name)
  where r.name <> all (c.path)
),
needed as (
  select name, min(place) as place, max(cardinality(path)) as depth, bool_or(cardinality(path) = 1) as is_wanted,
    (array_agg(version order by cardinality(path)))[1] as version,
    (array_agg(schema order by cardinality(path)))[1] as schema
  from chains
  group by name
)
select n.name,
  n.is_wanted,
  n.place,
  n.depth,
  exists (select from offered a where a.name = n.name) as is_available,
  o.version is not null as has_version,
  coalesce(o.is_trusted, false) as is_trusted,
  exists (
    select from chains c
    join offered v on v.name = c.name and (v.version = c.version or c.version = '' and v.is_default)
    where n.name = any (c.path) and not v.is_trusted
      and (c.name = n.name or not exists (select from installed i where i.name = c.name))
  ) as needs_superuser,
  o.schema as fixed_schema,
  case when n.is_wanted then n.schema else coalesce(o.schema, n.schema) end as schema,
  array(
    select r.name from unnest(o.requires) r (name)
    where not exists (select from installed i where i.name = r.name)
  ) as requires,
  coalesce(not pg_catalog.pg_has_role(x.owner, 'USAGE'), false) as belongs_to_other,
  x.version as installed_version,
  x.schema as installed_schema,
  exists (
    select from pg_catalog.pg_depend d
    join pg_catalog.pg_proc p on p.oid = d.objid
    where d.classid = 'pg_catalog.pg_proc'::regclass and d.refclassid = 'pg_catalog.pg_extension'::regclass
      and d.refobjid = x.oid and d.deptype = 'e' and p.proowner in (10, x.owner)
      and pg_catalog.pg_get_userbyid(p.proowner) <> $5
  ) as keeps_functions
from needed n
left join offered o on o.name = n.name and (o.version = n.version or n.version = '' and o.is_default)
left join installed x on x.name = n.name
where n.is_wanted or x.name is null
order by n.place, n.depth desc
