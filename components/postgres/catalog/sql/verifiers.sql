-- The verifiers of the roles $1. Only a superuser may read them.
select a.rolname::text as name, a.rolpassword as verifier
from pg_catalog.pg_authid a
where a.rolname = any ($1::text[])
