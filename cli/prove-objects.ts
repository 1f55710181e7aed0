import { type Client, DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import {
  type DatabasePlan,
  type PlannedRole,
  PUBLIC,
  PUBLIC_SCHEMA,
} from "../components/postgres/plan.ts";
import type { Check } from "./check.ts";

/**
 * What a role may do with what the owner has just made, tried by doing it. REFERENCES is not among it:
 * that takes a table of the role's own, which none can make.
 */

/** Insufficient privilege. */
const refused = "42501";

/** Something to do, and the privileges of which any one is enough for it; none = only the owner may. */
interface Trial {
  readonly what: string;
  readonly type: "database" | "table" | "sequence" | "function";
  readonly enough: readonly string[];
  readonly sql: string;
}

/** A table with a sequence, and a function that PUBLIC may not execute, of one name in one schema. */
export function createProbe(schema: string, name: string): string {
  const at = qualify(schema, name);
  return [
    `create table ${at} (id bigserial primary key, note text)`,
    `create function ${at}() returns integer language sql as 'select 1'`,
    `revoke execute on function ${at}() from public`,
  ].join("; ");
}

/** Takes away what `createProbe` made. */
export async function dropProbe(client: Client, schema: string, name: string): Promise<void> {
  const at = qualify(schema, name);
  await client.query(`drop function if exists ${at}(); drop table if exists ${at}`);
}

function qualify(schema: string, name: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

/** Each privilege on a probe, tried. */
export async function proveProbe(
  client: Client,
  plan: DatabasePlan,
  role: PlannedRole,
  probe: { readonly schema: string; readonly name: string },
): Promise<Check[]> {
  const { schema } = probe;
  return await proveTrials(client, plan, role, {
    schema,
    trials: probeTrials(schema, probe.name),
    works: `${role.name}: may use what the owner makes in ${schema}`,
    fails: `${role.name}: is refused the rest of it in ${schema}`,
  });
}

/** What needs no probe: tables of its own, schemas, temporary tables. */
export async function proveDatabase(
  client: Client,
  plan: DatabasePlan,
  role: PlannedRole,
  name: string,
): Promise<Check[]> {
  const database = plan.database.name;
  const checks: Check[] = [];
  for (const schema of plan.schemas) {
    const where = schema === PUBLIC_SCHEMA ? "" : ` in ${schema}`;
    const outcome = await attempt(client, `create table ${qualify(schema, name)} (id int)`);
    checks.push(toRefusal(`${role.name}: cannot create a table${where}`, outcome));
  }
  const trials: Trial[] = [
    {
      ...{ what: "temporary tables", type: "database", enough: ["TEMPORARY"] },
      sql: `create temporary table ${escapeIdentifier(name)} (id int)`,
    },
    {
      ...{ what: "CREATE SCHEMA", type: "database", enough: [] },
      sql: `create schema ${escapeIdentifier(name)}`,
    },
  ];
  const names = {
    works: `${role.name}: may make what it was given in ${database}`,
    fails: `${role.name}: is refused the rest in ${database}`,
  };
  return [...checks, ...(await proveTrials(client, plan, role, { schema: "", trials, ...names }))];
}

function probeTrials(schema: string, name: string): Trial[] {
  const at = qualify(schema, name);
  const sequence = qualify(schema, `${name}_id_seq`);
  const onTable = (privilege: string, sql: string): Trial => ({
    ...{ what: privilege, type: "table", enough: [privilege], sql },
  });
  const onSequence = (what: string, enough: readonly string[], sql: string): Trial => ({
    ...{ what: `${what} of a sequence`, type: "sequence", enough, sql },
  });
  return [
    onTable("SELECT", `select count(*) from ${at}`),
    onTable("INSERT", `insert into ${at} (id, note) values (0, 'written')`),
    onTable("UPDATE", `update ${at} set note = 'changed'`),
    onTable("DELETE", `delete from ${at}`),
    onTable("TRUNCATE", `truncate ${at}`),
    onTable(
      "TRIGGER",
      `create trigger probe before update on ${at} for each row execute function pg_catalog.suppress_redundant_updates_trigger()`,
    ),
    onTable("MAINTAIN", `reindex table ${at}`),
    onSequence("nextval", ["USAGE", "UPDATE"], `select nextval(${escapeLiteral(sequence)})`),
    onSequence("last_value", ["SELECT"], `select last_value from ${sequence}`),
    onSequence("setval", ["UPDATE"], `select setval(${escapeLiteral(sequence)}, 7)`),
    { ...{ what: "EXECUTE", type: "function", enough: ["EXECUTE"] }, sql: `select ${at}()` },
    {
      ...{ what: "ALTER TABLE", type: "table", enough: [] },
      sql: `alter table ${at} add column more int`,
    },
    { ...{ what: "DROP TABLE", type: "table", enough: [] }, sql: `drop table ${at}` },
  ];
}

/** One check for what must work and one for what must be refused; the details name what went wrong. */
async function proveTrials(
  client: Client,
  plan: DatabasePlan,
  role: PlannedRole,
  request: {
    readonly schema: string;
    readonly trials: readonly Trial[];
    readonly works: string;
    readonly fails: string;
  },
): Promise<Check[]> {
  const isAllowed = (trial: Trial): boolean => mayDo(plan, role, trial, request.schema);
  const allowed = request.trials.filter(isAllowed);
  const others = request.trials.filter((trial) => !isAllowed(trial));
  const broken: string[] = [];
  for (const { what, sql } of allowed) {
    const outcome = await attempt(client, sql);
    if (outcome !== undefined) broken.push(`${what}: ${describe(outcome)}`);
  }
  const open: string[] = [];
  for (const { what, sql } of others) {
    const { ok, detail } = toRefusal(what, await attempt(client, sql));
    if (!ok) open.push(`${what}: ${detail}`);
  }
  const toCheck = (name: string, trials: readonly Trial[], wrong: readonly string[]): Check => ({
    name,
    ok: wrong.length === 0,
    detail: wrong.length === 0 ? trials.map(({ what }) => what).join(", ") : wrong.join("; "),
  });
  return [
    ...(allowed.length === 0 ? [] : [toCheck(request.works, allowed, broken)]),
    ...(others.length === 0 ? [] : [toCheck(request.fails, others, open)]),
  ];
}

function mayDo(plan: DatabasePlan, role: PlannedRole, trial: Trial, schema: string): boolean {
  const { type, enough } = trial;
  const isGiven = plan.grants.some(
    ({ grantee, on, privileges }) =>
      grantee === role.name &&
      on.type === type &&
      (on.type === "database" || on.schema === schema) &&
      privileges.some((privilege) => enough.includes(privilege)),
  );
  // What PUBLIC keeps on a database that was adopted with its rights.
  const keepsPublic = !plan.grants.some(({ grantee }) => grantee === PUBLIC);
  return isGiven || (keepsPublic && enough.includes("TEMPORARY"));
}

/** Does it and takes it back; undefined = it worked. */
async function attempt(client: Client, sql: string): Promise<unknown> {
  try {
    await client.query("begin");
    await client.query(sql);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await client.query("rollback");
  }
}

/** Only a refusal for want of a privilege counts as one. */
function toRefusal(name: string, outcome: unknown): Check {
  if (outcome === undefined) return { name, ok: false, detail: "it was not refused" };
  const ok = outcome instanceof DatabaseError && outcome.code === refused;
  return { name, ok, detail: describe(outcome) };
}

function describe(error: unknown): string {
  if (!(error instanceof DatabaseError)) return String(error);
  return `${error.message} (SQLSTATE ${error.code ?? "unknown"})`;
}
