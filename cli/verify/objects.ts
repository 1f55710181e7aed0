import { type Client, DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import {
  type DatabasePlan,
  type PlannedRole,
  PUBLIC_SCHEMA,
} from "../../components/postgres/plan/plan.ts";
import type { Check } from "./check.ts";
import { keepsPublic } from "./expect-privileges.ts";
import { nameProbe, type Probe, qualify } from "./probe.ts";

/**
 * What a role may do with what the owner has just made, tried by doing it. REFERENCES is not among it:
 * only the owner of a table can give it a foreign key, and no such role can make a table (a temporary one
 * may point to no other kind). Postgres is asked for it instead, as for all the others: `provePrivileges`
 * calls what the server itself decides by, on the probe as well.
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

/** Each privilege on a probe, tried. */
export async function verifyProbe(
  client: Client,
  plan: DatabasePlan,
  role: PlannedRole,
  probe: Probe,
): Promise<Check[]> {
  const { schema } = probe;
  return await proveTrials(client, plan, role, {
    schema,
    trials: probeTrials(probe),
    works: `${role.name}: may use what the owner makes in ${schema}`,
    fails: `${role.name}: is refused the rest of it in ${schema}`,
  });
}

/** What needs no probe: tables of its own, schemas, temporary tables. */
export async function verifyDatabase(
  client: Client,
  plan: DatabasePlan,
  role: PlannedRole,
): Promise<Check[]> {
  const database = plan.database.name;
  const name = `${nameProbe()}_own`;
  const checks: Check[] = [];
  for (const schema of plan.schemas) {
    const where = schema === PUBLIC_SCHEMA ? "" : ` in ${schema}`;
    const outcome = await attempt(client, `create table ${qualify({ schema, name })} (id int)`);
    const { ok, detail } = toRefusal(outcome);
    checks.push({
      name: `${role.name}: cannot create a table${where}`,
      ok,
      detail: ok ? detail : `CREATE on schema ${schema} in ${database}: ${detail}`,
    });
  }
  const temporary: Trial = {
    ...{ what: "TEMPORARY", type: "database", enough: ["TEMPORARY"] },
    sql: `create temporary table ${escapeIdentifier(name)} (id int)`,
  };
  const trials: Trial[] = [
    // Where PUBLIC keeps what it has, the role may or may not, unless it is given it.
    ...(keepsPublic(plan) && !mayDo(plan, role, temporary, "") ? [] : [temporary]),
    {
      ...{ what: "CREATE (a schema)", type: "database", enough: [] },
      sql: `create schema ${escapeIdentifier(name)}`,
    },
  ];
  const names = {
    works: `${role.name}: may make what it was given in ${database}`,
    fails: `${role.name}: is refused the rest in ${database}`,
  };
  return [...checks, ...(await proveTrials(client, plan, role, { schema: "", trials, ...names }))];
}

function probeTrials({ schema, name }: Probe): Trial[] {
  const at = qualify({ schema, name });
  const sequence = qualify({ schema, name: `${name}_id_seq` });
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
  const database = plan.database.name;
  const isAllowed = (trial: Trial): boolean => mayDo(plan, role, trial, request.schema);
  const allowed = request.trials.filter(isAllowed);
  const others = request.trials.filter((trial) => !isAllowed(trial));
  const broken: string[] = [];
  for (const { what, sql } of allowed) {
    const outcome = await attempt(client, sql);
    if (outcome !== undefined) broken.push(`${what} in ${database}: ${describe(outcome)}`);
  }
  const open: string[] = [];
  for (const { what, sql } of others) {
    const { ok, detail } = toRefusal(await attempt(client, sql));
    if (!ok) open.push(`${what} in ${database}: ${detail}`);
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
  return plan.grants.some(
    ({ grantee, on, privileges }) =>
      grantee === role.name &&
      on.type === type &&
      (on.type === "database" || on.schema === schema) &&
      privileges.some((privilege) => enough.includes(privilege)),
  );
}

/**
 * Does it and takes it back; undefined = it worked. A role whose transactions are read-only unless they
 * say otherwise still has, or has not, the privilege.
 */
async function attempt(client: Client, sql: string): Promise<unknown> {
  try {
    await client.query("begin read write");
    await client.query(sql);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await client.query("rollback");
  }
}

/** Only a refusal for want of a privilege counts as one. */
function toRefusal(outcome: unknown): Pick<Check, "ok" | "detail"> {
  if (outcome === undefined) return { ok: false, detail: "it was not refused" };
  const ok = outcome instanceof DatabaseError && outcome.code === refused;
  return { ok, detail: describe(outcome) };
}

function describe(error: unknown): string {
  if (!(error instanceof DatabaseError)) return String(error);
  return `${error.message} (SQLSTATE ${error.code ?? "unknown"})`;
}
