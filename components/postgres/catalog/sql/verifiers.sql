-- What the roles $1 log in with; only a superuser may ask.
select a.rolname::text as name, a.rolpassword as verifier
from pg_catalog.pg_authid a
where a.rolname = any ($1::text[])
