-- What keeps database $1 from being dropped, besides sessions. DROP DATABASE would drop a replication slot that
-- nobody reads at the moment, and its reader would miss changes.
select 'subscription' as kind, s.subname::text as name
from pg_catalog.pg_subscription s
join pg_catalog.pg_database d on d.oid = s.subdbid
where d.datname = $1
union all
select 'replication slot', s.slot_name::text
from pg_catalog.pg_replication_slots s
where s.database = $1
union all
select 'prepared transaction', p.gid
from pg_catalog.pg_prepared_xacts p
where p.database = $1
union all
select 'template', d.datname::text
from pg_catalog.pg_database d
where d.datname = $1 and d.datistemplate
order by 1, 2
