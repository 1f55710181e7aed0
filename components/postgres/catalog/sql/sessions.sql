-- Other sessions in database $1, or of the roles $2 in any database.
select a.pid, a.usename::text as role, coalesce(a.datname::text, '') as database,
  coalesce(a.application_name, '') as application, coalesce(a.client_addr::text, '') as client,
  coalesce(a.backend_start::text, '') as since
from pg_catalog.pg_stat_activity a
where a.usename is not null
  and a.pid <> pg_catalog.pg_backend_pid()
  and (a.datname = $1 or a.usename = any ($2::name[]))
order by a.pid
