import { type Client, DatabaseError, escapeIdentifier, escapeLiteral } from "pg";
import {
  inspectSessionPrivileges,
  type SessionPrivilege,
} from "../../components/postgres/catalog/session/session.ts";
import { isClosedToPublic } from "../../components/postgres/plan/access.ts";
import {
  type DatabasePlan,
  type PlannedRole,
  PUBLIC_SCHEMA,
} from "../../components/postgres/plan/plan.ts";
import { when } from "../../components/when.ts";
import { type Check, runUp, toCheck } from "./check.ts";
import { type CheckedRole } from "./expect-privileges.ts";
import { nameProbe, type Probe, qualify } from "./probe.ts";

/**
 * Checks what a role may do with the owner's new objects by doing it. REFERENCES is left out: a role cannot
 * use it without a table of its own, and a foreign key of a temporary table may not reference a permanent
 * one. `verifyPrivileges` reads it from the server instead, with all other privileges.
 */

/** SQLSTATE of a missing privilege. */
const refused = "42501";

/** A statement, and the privileges any of which allows it; none = only the owner may run it. */
interface Attempt {
  readonly what: string;
  readonly type: "database" | "table" | "sequence" | "function";
  readonly enough: readonly string[];
  readonly sql: string;
}

export async function verifyProbe(
  client: Client,
  plan: DatabasePlan,
  role: CheckedRole,
  probe: Probe,
): Promise<Check[]> {
  const { schema, name } = probe;
  // A member of the owner may do everything with it.
  if (role.groups.includes(plan.database.owner)) return [];
  const inherited = await inspectInherited(client, plan, role);
  const onProbe = inherited.filter((one) => one.schema === schema && one.name.startsWith(name));
  return await verifyAttempts(client, plan, role, {
    schema,
    attempts: toProbeAttempts(probe),
    inherited: onProbe,
    works: `${role.name}: can use what the owner creates in ${schema}`,
    fails: `${role.name}: cannot do anything else with it in ${schema}`,
  });
}

/** Tries what needs no probe: to create tables, schemas and temporary tables. */
export async function verifyDatabase(
  client: Client,
  plan: DatabasePlan,
  role: CheckedRole,
): Promise<Check[]> {
  const database = plan.database.name;
  const name = `${nameProbe()}_own`;
  const inherited = await inspectInherited(client, plan, role);
  const checks: Check[] = [];
  for (const schema of plan.schemas) {
    if (inherited.some((one) => one.privilege === "CREATE" && one.schema === schema)) continue;
    const where = schema === PUBLIC_SCHEMA ? "" : ` in ${schema}`;
    const outcome = await attempt(client, `create table ${qualify({ schema, name })} (id int)`);
    const { ok, detail } = toRefusal(outcome);
    const what = `CREATE on schema ${schema} in ${database}: ${detail}`;
    const check = `${role.name}: cannot create a table${where}`;
    checks.push(toCheck(check, detail, ok ? [] : [{ what, fix: runUp }]));
  }
  const temporary: Attempt = {
    what: "TEMPORARY",
    type: "database",
    enough: ["TEMPORARY"],
    sql: `create temporary table ${escapeIdentifier(name)} (id int)`,
  };
  const attempts: Attempt[] = [
    // If the entry keeps PUBLIC's privileges, both results are right unless the entry grants it.
    ...when(isClosedToPublic(plan) || mayDo(plan, role, temporary, ""), temporary),
    {
      what: "CREATE (a schema)",
      type: "database",
      enough: ["CREATE"],
      sql: `create schema ${escapeIdentifier(name)}`,
    },
  ];
  const names = {
    works: `${role.name}: can create what its entry grants in ${database}`,
    fails: `${role.name}: cannot create anything else in ${database}`,
  };
  const request = { schema: "", attempts, inherited, ...names };
  return [...checks, ...(await verifyAttempts(client, plan, role, request))];
}

/** What the role may do as a member of the groups, without its own privileges. */
async function inspectInherited(
  client: Client,
  plan: DatabasePlan,
  role: CheckedRole,
): Promise<readonly SessionPrivilege[]> {
  const live = await inspectSessionPrivileges(client, plan.schemas, role);
  return live.filter(({ isInherited }) => isInherited);
}

function toProbeAttempts({ schema, name }: Probe): Attempt[] {
  const at = qualify({ schema, name });
  const sequence = qualify({ schema, name: `${name}_id_seq` });
  const onTable = (what: string, sql: string, enough = [what]): Attempt => ({
    what,
    type: "table",
    enough,
    sql,
  });
  const onSequence = (what: string, enough: readonly string[], sql: string): Attempt => ({
    what: `${what} of a sequence`,
    type: "sequence",
    enough,
    sql,
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
    { what: "EXECUTE", type: "function", enough: ["EXECUTE"], sql: `select ${at}()` },
    onTable("ALTER TABLE", `alter table ${at} add column more int`, []),
    onTable("DROP TABLE", `drop table ${at}`, []),
  ];
}

/** Gives one check for what must work and one for what must be refused. */
async function verifyAttempts(
  client: Client,
  plan: DatabasePlan,
  role: PlannedRole,
  request: {
    readonly schema: string;
    readonly attempts: readonly Attempt[];
    readonly inherited: readonly SessionPrivilege[];
    readonly works: string;
    readonly fails: string;
  },
): Promise<Check[]> {
  const database = plan.database.name;
  const isAllowed = (one: Attempt): boolean => mayDo(plan, role, one, request.schema);
  const isInherited = ({ type, enough }: Attempt): boolean =>
    request.inherited.some((one) => one.type === type && enough.includes(one.privilege));
  const allowed = request.attempts.filter(isAllowed);
  const others = request.attempts.filter((one) => !isAllowed(one) && !isInherited(one));
  const broken: string[] = [];
  for (const { what, sql } of allowed) {
    const outcome = await attempt(client, sql);
    if (outcome !== undefined) broken.push(`${what} in ${database}: ${describeError(outcome)}`);
  }
  const open: string[] = [];
  for (const { what, sql } of others) {
    const { ok, detail } = toRefusal(await attempt(client, sql));
    if (!ok) open.push(`${what} in ${database}: ${detail}`);
  }
  const toResult = (name: string, tried: readonly Attempt[], wrong: readonly string[]): Check =>
    toCheck(
      name,
      tried.map(({ what }) => what).join(", "),
      wrong.map((what) => ({ what, fix: runUp })),
    );
  return [
    ...(allowed.length === 0 ? [] : [toResult(request.works, allowed, broken)]),
    ...(others.length === 0 ? [] : [toResult(request.fails, others, open)]),
  ];
}

/** What the owner has just made has the privileges of what it makes later. */
function mayDo(plan: DatabasePlan, role: PlannedRole, tried: Attempt, schema: string): boolean {
  const { type, enough } = tried;
  const onDatabase = plan.grants.filter(({ on }) => on.type === "database");
  const onProbe = plan.defaultPrivileges.filter((one) => one.schema === schema);
  const found = type === "database" ? onDatabase : onProbe.filter((one) => one.type === type);
  return found.some(
    ({ grantee, privileges }) =>
      grantee === role.name && privileges.some((privilege) => enough.includes(privilege)),
  );
}

/** Runs a statement and rolls it back; undefined = it worked. It may write, whatever the role's default is. */
export async function attempt(client: Client, sql: string): Promise<unknown> {
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

/** Only an error about a missing privilege counts as a refusal. */
function toRefusal(outcome: unknown): { readonly ok: boolean; readonly detail: string } {
  if (outcome === undefined) return { ok: false, detail: "it was not refused" };
  const ok = outcome instanceof DatabaseError && outcome.code === refused;
  return { ok, detail: describeError(outcome) };
}

export function describeError(error: unknown): string {
  if (!(error instanceof DatabaseError)) return String(error);
  return `${error.message} (SQLSTATE ${error.code ?? "unknown"})`;
}
