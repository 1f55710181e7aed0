import type { Client } from "pg";
import type { PublicationSpec } from "../../config/spec.ts";

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export interface LivePublication {
  readonly name: string;
  readonly owner: string;
  /** FOR ALL TABLES. Then `tables` is empty. */
  readonly isForAll: boolean;
  readonly tables: readonly TableName[];
}

/** What a database has of the wanted publications. */
export interface LivePublications {
  readonly live: readonly LivePublication[];
  /** Those of the wanted tables that are there, and belong to the database's owner. */
  readonly tables: readonly TableName[];
}

/** Reads it in the session's database; undefined = nothing is wanted. */
export async function inspectPublications(
  client: Client,
  owner: string,
  wanted: readonly PublicationSpec[] = [],
): Promise<LivePublications | undefined> {
  if (wanted.length === 0) return undefined;
  const { rows: live } = await client.query<LivePublication>(
    `select p.pubname::text as name, pg_catalog.pg_get_userbyid(p.pubowner)::text as owner,
       p.puballtables as "isForAll",
       array(
         select pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname)
         from pg_catalog.pg_publication_rel r
         join pg_catalog.pg_class c on c.oid = r.prrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where r.prpubid = p.oid
         order by n.nspname, c.relname
       ) as tables
     from pg_catalog.pg_publication p
     where p.pubname = any ($1)
     order by 1`,
    [wanted.map(({ name }) => name)],
  );
  const all = wanted.flatMap(({ tables }) => (tables === "all" ? [] : tables));
  const { rows: tables } = await client.query<TableName>(
    `select n.nspname::text as schema, c.relname::text as name
     from pg_catalog.pg_class c
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join (select distinct w.schema, w.name from unnest($1::text[], $2::text[]) w (schema, name)) w
       on w.schema = n.nspname and w.name = c.relname
     where c.relkind in ('r', 'p') and pg_catalog.pg_get_userbyid(c.relowner) = $3`,
    [all.map(({ schema }) => schema), all.map(({ name }) => name), owner],
  );
  return { live, tables };
}

export function withoutTables(
  all: readonly TableName[],
  some: readonly TableName[],
): readonly TableName[] {
  return all.filter(
    (one) => !some.some(({ schema, name }) => schema === one.schema && name === one.name),
  );
}
