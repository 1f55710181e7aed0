import { randomBytes } from "node:crypto";
import { type Client, escapeIdentifier } from "pg";

/** A table with its sequence, and a function of the same name that PUBLIC may not execute, for other roles to try. */
export interface Probe {
  readonly schema: string;
  readonly name: string;
}

/** A probe that is older than this was left by a `verify` that was killed. */
const leftAfterSeconds = 3600;

/** A unique name with the time of its creation. */
export function nameProbe(): string {
  const seconds = Math.floor(Date.now() / 1000);
  return `berth_verify_${seconds.toString(16)}${randomBytes(2).toString("hex")}`;
}

/** Whether an object belongs to a probe: its table, its sequence or its function. */
export function isOfProbe(object: string): boolean {
  return /^berth_verify_[0-9a-f]{12}/.test(object);
}

export function qualify({ schema, name }: Probe): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

export async function createProbe(client: Client, probe: Probe): Promise<void> {
  const at = qualify(probe);
  await runTogether(client, [
    `create table ${at} (id bigserial primary key, note text)`,
    `create function ${at}() returns integer language sql as 'select 1'`,
    `revoke execute on function ${at}() from public`,
  ]);
}

export async function dropProbe(client: Client, probe: Probe): Promise<void> {
  await runTogether(client, toDrops(probe));
}

/** Read-write, even if the role or the database sets `default_transaction_read_only`. */
async function runTogether(client: Client, statements: readonly string[]): Promise<void> {
  try {
    await client.query(["begin read write", ...statements, "commit"].join("; "));
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

export function toDrops(probe: Probe): readonly string[] {
  const at = qualify(probe);
  return [`drop function if exists ${at}()`, `drop table if exists ${at}`];
}

/** Finds probes of the session's role that a killed `verify` left, by name, form and age. */
export async function findLeftProbes(
  client: Client,
  schemas: readonly string[],
): Promise<readonly Probe[]> {
  const { rows } = await client.query<Probe>(leftProbes, [schemas]);
  const before = Date.now() / 1000 - leftAfterSeconds;
  return rows.filter(({ name }) => Number.parseInt(name.slice(-12, -4), 16) < before);
}

const leftProbes = `
  select n.nspname::text as schema, c.relname::text as name
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = any ($1::text[])
  join pg_catalog.pg_roles r on r.oid = c.relowner and r.rolname = current_user
  join pg_catalog.pg_proc p on p.pronamespace = c.relnamespace and p.proname = c.relname
    and p.pronargs = 0 and p.proowner = c.relowner and p.prosrc = 'select 1'
  where c.relkind = 'r' and c.relname ~ '^berth_verify_[0-9a-f]{12}$'
  order by 1, 2`;
