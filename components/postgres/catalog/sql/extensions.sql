-- The extensions $1, each in version $2 ('' = the server's default): what the server has of them, and what
-- this database has.
select w.name,
  a.name is not null as is_available,
  v.version is not null as has_version,
  coalesce(v.superuser and not v.trusted, false) as needs_superuser,
  v.schema::text as fixed_schema,
  array(
    select r.name::text
    from pg_catalog.unnest(v.requires) r (name)
    where not exists (select from pg_catalog.pg_extension x where x.extname = r.name)
  ) as requires,
  coalesce(not pg_catalog.pg_has_role(x.extowner, 'USAGE'), false) as belongs_to_other,
  x.extversion as installed_version,
  n.nspname::text as installed_schema
from unnest($1::text[], $2::text[]) w (name, version)
left join pg_catalog.pg_available_extensions a on a.name = w.name
left join pg_catalog.pg_available_extension_versions v
  on v.name = a.name and v.version = coalesce(nullif(w.version, ''), a.default_version)
left join pg_catalog.pg_extension x on x.extname = w.name
left join pg_catalog.pg_namespace n on n.oid = x.extnamespace
