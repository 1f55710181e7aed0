import { randomBytes } from "node:crypto";
import { type Client, DatabaseError, escapeIdentifier } from "pg";
import type { AppSpec, RoleSpec } from "../components/config/spec.ts";
import { inspectSessionPrivileges, type SessionRole } from "../components/postgres/inspect.ts";
import type { DatabasePlan, PlannedRole } from "../components/postgres/plan.ts";
import type { Check, ProofContext } from "./check.ts";
import { describeDeviations, findDeviations } from "./expect-privileges.ts";

/** What one role of an app promises, tried in its own session. */

const refused = "42501";

/** The attributes and memberships of the role are those of the plan. */
export function proveAttributes(planned: PlannedRole, found: SessionRole): Check[] {
  return [provePowers(planned, found), proveMemberships(planned, found)];
}

function provePowers(planned: PlannedRole, found: SessionRole): Check {
  const powers = [
    ...(found.isSuperuser ? ["SUPERUSER"] : []),
    ...(found.canCreateRole ? ["CREATEROLE"] : []),
    ...(found.canCreateDatabase ? ["CREATEDB"] : []),
    ...(found.canReplicate ? ["REPLICATION"] : []),
    ...(found.bypassesRls ? ["BYPASSRLS"] : []),
    ...(found.connectionLimit === planned.connectionLimit
      ? []
      : [
          `connection limit ${String(found.connectionLimit)} instead of ${String(planned.connectionLimit)}`,
        ]),
  ];
  return {
    name: `${planned.name}: is not a superuser`,
    ok: powers.length === 0,
    detail: powers.length === 0 ? "no special attribute" : `it has ${powers.join(", ")}`,
  };
}

function proveMemberships(planned: PlannedRole, found: SessionRole): Check {
  const more = found.memberOf.filter((group) => !planned.memberOf.includes(group));
  const less = planned.memberOf.filter((group) => !found.memberOf.includes(group));
  const problems = [
    ...more.map((group) => `it is a member of ${group}, which the stack does not state`),
    ...less.map((group) => `it is no member of ${group}`),
  ];
  return {
    name: `${planned.name}: memberships`,
    ok: problems.length === 0,
    detail: problems.length === 0 ? planned.memberOf.join(", ") : problems.join("; "),
  };
}

/** What the role holds on every object of its database is what its profile gives: no less and no more. */
export async function provePrivileges(
  client: Client,
  plan: DatabasePlan,
  role: PlannedRole,
): Promise<Check> {
  const held = await inspectSessionPrivileges(client, "public");
  const deviations = findDeviations(plan, role, held);
  return {
    name: `${role.name}: privileges in ${plan.database.name}`,
    ok: deviations.length === 0,
    detail:
      deviations.length === 0
        ? `as profile ${role.profile} says, on ${String(new Set(held.map((h) => h.name)).size)} objects`
        : describeDeviations(plan.database.name, deviations),
  };
}

/** No way into the other apps' databases. */
export function proveIsolation(
  app: AppSpec,
  role: RoleSpec,
  found: SessionRole,
  { spec }: ProofContext,
): Check {
  // One that was adopted with PUBLIC's rights is open to everybody, as its entry leaves it.
  const others = spec.apps
    .filter((other) => other !== app && other.database.revokePublic)
    .map((other) => other.database.name);
  const open = others.filter((name) => found.mayEnter.includes(name));
  return {
    name: `${role.name}: cannot enter other apps' databases`,
    ok: open.length === 0,
    detail:
      open.length === 0
        ? `no CONNECT on ${others.join(", ") || "any other app's database"}`
        : `it may enter ${open.join(", ")}`,
  };
}

/** A table that the owner has just made is open to the role as its profile says; DDL is not. */
export async function proveProfile(
  client: Client,
  role: RoleSpec,
  table: string | undefined,
): Promise<Check[]> {
  const own = `berth_verify_${randomBytes(6).toString("hex")}`;
  const checks = [
    await tryRefusal(client, `${role.name}: cannot create a table`, createTable(own)),
  ];
  if (table === undefined) return checks;
  const name = qualified(table);
  const reads = await tryStatement(
    client,
    `${role.name}: reads tables that the owner makes`,
    `select count(*) from ${name}`,
  );
  const write = `${role.name}: ${role.profile === "readwrite" ? "writes" : "cannot write"} tables that the owner makes`;
  const statements = [
    `insert into ${name} (note) values ('written')`,
    `update ${name} set note = 'changed'`,
    `delete from ${name}`,
  ].join("; ");
  const writes =
    role.profile === "readwrite"
      ? await tryStatement(client, write, statements)
      : await tryRefusal(client, write, statements);
  return [...checks, reads, writes];
}

/** A serial column, so that the privileges on sequences are tried as well. */
export function createTable(table: string): string {
  return `create table ${qualified(table)} (id bigserial primary key, note text)`;
}

/** Takes away what `createTable` made. */
export async function dropTable(client: Client, table: string): Promise<void> {
  await client.query(`drop table if exists ${qualified(table)}`);
}

function qualified(table: string): string {
  return `public.${escapeIdentifier(table)}`;
}

/** A statement that must work. */
export async function tryStatement(client: Client, name: string, sql: string): Promise<Check> {
  try {
    await client.query(sql);
    return { name, ok: true, detail: "it worked" };
  } catch (error) {
    return { name, ok: false, detail: describe(error) };
  }
}

/** Must fail with 42501; the statement is rolled back if it should not. */
async function tryRefusal(client: Client, name: string, sql: string): Promise<Check> {
  try {
    await client.query("begin");
    await client.query(sql);
    return { name, ok: false, detail: "it was not refused" };
  } catch (error) {
    const ok = error instanceof DatabaseError && error.code === refused;
    return { name, ok, detail: describe(error) };
  } finally {
    await client.query("rollback");
  }
}

function describe(error: unknown): string {
  if (!(error instanceof DatabaseError)) return String(error);
  return `${error.message} (SQLSTATE ${error.code ?? "unknown"})`;
}
