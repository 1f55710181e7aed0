-- What the role that Berth connects as may do on the server. One row.
select
  r.rolsuper as is_superuser,
  r.rolcreaterole as can_create_role,
  r.rolcreatedb as can_create_database,
  r.rolreplication as can_replicate,
  r.rolbypassrls as bypasses_rls
from pg_catalog.pg_roles r
where r.rolname = current_user
