import { randomBytes } from "node:crypto";
import { type Client, DatabaseError, escapeIdentifier } from "pg";
import type { AppSpec, RoleSpec, StackSpec } from "../components/config/spec.ts";
import type { Credential } from "../components/onepassword/credential.ts";
import { inspectSessionRole, type SessionRole } from "../components/postgres/inspect.ts";
import { type SessionTarget, withSession } from "../components/postgres/session.ts";
import { explainConnectFailure } from "../components/tunnel/connect-failure.ts";

/** One promise, tried. A warning is something the operator should know and Berth may not change. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly warning?: true;
}

/** What is needed to try an app's promises. */
export interface ProofContext {
  readonly spec: StackSpec;
  readonly target: Omit<SessionTarget, "database">;
  readonly credential: (role: RoleSpec) => Credential;
  /** Databases that PUBLIC may enter, with their owners. */
  readonly openDatabases: ReadonlyMap<string, string>;
  /** What the app's roles have left on reserved roles and databases. */
  readonly traces: readonly string[];
}

const refused = "42501";

/** Logs in as every role of the app and tries what its profile promises and what it must refuse. */
export async function proveApp(app: AppSpec, context: ProofContext): Promise<Check[]> {
  const table = `berth_verify_${randomBytes(6).toString("hex")}`;
  const [owner, ...others] = app.roles;
  const checks: Check[] = [];
  const entered = new Set<string>();
  const asRole = async (role: RoleSpec, use: (client: Client) => Promise<void>): Promise<void> => {
    const before = checks.length;
    const outcome = await login(app, role, context, async (client) => {
      const found = await inspectSessionRole(client);
      checks.push(proveAttributes(role, found), proveIsolation(app, role, found, context));
      for (const name of found.mayEnter) entered.add(name);
      await use(client);
    });
    checks.splice(before, 0, outcome);
  };
  await asRole(owner, async (client) => {
    const check = await tryStatement(client, canCreate(owner), createTable(table));
    checks.push(check);
  });
  const created = checks.some((check) => check.ok && check.name === canCreate(owner));
  try {
    for (const role of others) {
      await asRole(role, async (client) => {
        checks.push(...(await proveProfile(client, role, created ? table : undefined)));
      });
    }
  } finally {
    if (created) await login(app, owner, context, (client) => dropTable(client, table));
  }
  return [...checks, ...proveNeighbours(app, entered, context)];
}

function canCreate(owner: RoleSpec): string {
  return `${owner.name}: can create a table`;
}

async function login(
  app: AppSpec,
  role: RoleSpec,
  context: ProofContext,
  use: (client: Client) => Promise<void>,
): Promise<Check> {
  const name = `${role.name}: can log in to ${app.database.name}`;
  const target = { ...context.target, database: app.database.name };
  try {
    await withSession(target, context.credential(role), async (client) => {
      await client.query("select 1");
      await use(client);
    });
    return { name, ok: true, detail: "select 1 answered" };
  } catch (error) {
    const explained = explainConnectFailure(error, target.endpoint, {
      user: role.name,
      database: app.database.name,
      item: `${role.item.vault}/${role.item.item}`,
    });
    return { name, ok: false, detail: explained.message };
  }
}

function proveAttributes(role: RoleSpec, found: SessionRole): Check {
  const powers = [
    ...(found.isSuperuser ? ["SUPERUSER"] : []),
    ...(found.canCreateRole ? ["CREATEROLE"] : []),
    ...(found.canCreateDatabase ? ["CREATEDB"] : []),
    ...(found.canReplicate ? ["REPLICATION"] : []),
    ...(found.bypassesRls ? ["BYPASSRLS"] : []),
  ];
  return {
    name: `${role.name}: is not a superuser`,
    ok: powers.length === 0,
    detail: powers.length === 0 ? "no special attribute" : `it has ${powers.join(", ")}`,
  };
}

function proveIsolation(
  app: AppSpec,
  role: RoleSpec,
  found: SessionRole,
  { spec }: ProofContext,
): Check {
  const others = spec.apps.filter((other) => other !== app).map((other) => other.database.name);
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

async function proveProfile(
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

/** An identity column, so that the privileges on sequences are tried as well. */
function createTable(table: string): string {
  return `create table ${qualified(table)} (id bigserial primary key, note text)`;
}

async function dropTable(client: Client, table: string): Promise<void> {
  await client.query(`drop table if exists ${qualified(table)}`);
}

function qualified(table: string): string {
  return `public.${escapeIdentifier(table)}`;
}

async function tryStatement(client: Client, name: string, sql: string): Promise<Check> {
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

function proveNeighbours(
  app: AppSpec,
  entered: ReadonlySet<string>,
  { spec, openDatabases, traces }: ProofContext,
): Check[] {
  const apps = new Set(spec.apps.map((other) => other.database.name));
  const own = new Set(["postgres", "template1", spec.postgres.maintenanceDatabase]);
  const neighbours = [...entered].filter((name) => !apps.has(name) && !own.has(name)).toSorted();
  return [
    {
      name: "neighbours untouched",
      ok: traces.length === 0,
      detail:
        traces.length === 0
          ? `nothing of this app on ${spec.postgres.reserved.join(", ") || "reserved names (none are listed)"}`
          : traces.join("; "),
    },
    ...neighbours.map((name) => proveNeighbour(app, name, openDatabases.get(name))),
  ];
}

/** Postgres lets PUBLIC into every database. Only the neighbour's owner may change that. */
function proveNeighbour(app: AppSpec, database: string, owner: string | undefined): Check {
  const name = `neighbour ${database}`;
  if (owner === undefined) {
    return {
      name,
      ok: false,
      detail: `app ${app.name} may enter it, and not through PUBLIC: look for a grant or membership`,
    };
  }
  return {
    name,
    ok: true,
    warning: true,
    detail: `PUBLIC may enter it, and so may this app. Its owner "${owner}" can end that with: REVOKE CONNECT ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC;`,
  };
}
