-- The server and the role that Berth connects as. One row.
select
  (select system_identifier::text from pg_catalog.pg_control_system()) as system_identifier,
  pg_catalog.current_setting('server_version_num')::int as version_number,
  pg_catalog.pg_is_in_recovery() as is_standby,
  r.rolname as admin,
  r.rolsuper as is_superuser,
  r.rolcreaterole as can_create_role,
  r.rolcreatedb as can_create_database,
  r.rolreplication as can_replicate,
  r.rolbypassrls as bypasses_rls
from pg_catalog.pg_roles r
where r.rolname = current_user
