-- The server, the session's database and the role that Berth connects as. Each session asks, so it reads no table.
select
  c.system_identifier::text as system_identifier,
  pg_catalog.current_setting('server_version_num')::int as version_number,
  pg_catalog.pg_is_in_recovery() as is_standby,
  pg_catalog.current_setting('server_encoding') as encoding,
  current_user::text as admin
from pg_catalog.pg_control_system() c
