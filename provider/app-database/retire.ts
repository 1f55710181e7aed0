import { setTimeout } from "node:timers/promises";
import pRetry from "p-retry";
import { escapeIdentifier } from "pg";
import { BerthError, toOneError } from "../../components/errors.ts";
import {
  inspectDatabases,
  inspectRoles,
  type LiveRole,
} from "../../components/postgres/catalog/catalog.ts";
import {
  countSessions,
  inspectDependents,
  inspectLosses,
  inspectSessions,
} from "../../components/postgres/catalog/retirement.ts";
import {
  decideLeaving,
  decideRetirement,
  findLeavingProblems,
  findUnmarked,
  type Retirement,
} from "../../components/postgres/diff/retirement.ts";
import type { AppDatabaseState } from "../../components/postgres/plan/app-state.ts";
import type { FormerRole } from "../../components/postgres/plan/former-role.ts";
import type { DatabasePlan } from "../../components/postgres/plan/plan.ts";
import { withStatementSeconds } from "../../components/postgres/server/answer-limit.ts";
import type { Session } from "../../components/postgres/server/pool.ts";
import type { PostgresServer, Work } from "../../components/postgres/server/postgres-server.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import { hiddenVerifiers, toStatement } from "../../components/postgres/statements/sql.ts";
import { dumpDatabase } from "./dump.ts";

/** A big database takes longer to remove than any statement else may take. */
const dropSeconds = 600;
/** The server may still be ending the session of a `pg_dump` that has ended. */
const afterDump = { retries: 9, minTimeout: 200, factor: 1 };
/** How late the server's count of its sessions may be. */
const countDelayMs = 1000;

/**
 * Drops the database and the roles of an app that left with `reclaimPolicy: delete`. What is gone
 * already is no failure, so that an interrupted run goes on. Returns what was done and what was left
 * alone. Nothing is dropped before everything is known to be ours, confirmed, and used by nobody.
 */
export async function retireApp(
  server: PostgresServer,
  state: AppDatabaseState,
  isNeeded: (role: string) => boolean,
): Promise<readonly string[]> {
  return await server.write(() =>
    server.withMaintenance(async (session) => {
      const found = await look(server, session, state, isNeeded);
      const { database, roles } = found;
      if (database === undefined && roles.length === 0) return found.notes;
      if (!server.config.confirmDelete.includes(state.database.name)) throw unconfirmed(state);
      refuse(state, found.problems);
      const owner = state.roles["owner"]?.name ?? "";
      const work: Work = {
        app: state.app,
        owner,
        verifiers: hiddenVerifiers,
        onDone: () => undefined,
      };
      const notes = [...found.notes];
      if (database !== undefined) {
        notes.push(...(await dropDatabase(server, session, { state, roles, work, isNeeded })));
      }
      notes.push(...(await dropRoles(server, session, roles, work)));
      return notes;
    }),
  );
}

async function look(
  server: PostgresServer,
  session: Session,
  state: AppDatabaseState,
  isNeeded: (role: string) => boolean,
): Promise<Retirement> {
  const { client } = session;
  const { name } = state.database;
  const names = Object.values(state.roles).map((role) => role.name);
  const databases = await inspectDatabases(client, [name]);
  const owners = [...databases.values()].map((database) => database.owner);
  const catalog = {
    server: session.server,
    databases,
    roles: await inspectRoles(client, [...names, ...owners]),
  };
  const dropped = names.filter((role) => !isNeeded(role));
  const facts = {
    catalog,
    sessions: await inspectSessions(client, name, dropped),
    dependents: await inspectDependents(client, name, dropped),
  };
  return decideRetirement(state, facts, server.config, isNeeded);
}

function refuse(state: AppDatabaseState, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new BerthError(toOneError(`app ${state.app}: nothing was dropped`, problems).message, {
    hint: "mend that (stop the app, end the sessions), then run pulumi up again",
  });
}

function unconfirmed({ app, database: { name } }: AppDatabaseState): BerthError {
  return new BerthError(
    `app ${app}: reclaimPolicy is delete, but berth:postgres.confirmDelete does not name database "${name}"; nothing was dropped`,
    {
      hint:
        `to drop it, set berth:postgres.confirmDelete to [${name}] and run pulumi up, which pulumi destroy needs to have run before it; ` +
        "to keep it, put the entry back with reclaimPolicy: retain and run pulumi up before you take it out again",
    },
  );
}

interface Drop {
  readonly state: AppDatabaseState;
  readonly roles: readonly LiveRole[];
  readonly work: Work;
  readonly isNeeded: (role: string) => boolean;
}

/**
 * The app's logins do not get in while it is dumped; whoever else does, keeps it from being dropped. If it
 * cannot go after all, the logins may come back.
 */
async function dropDatabase(
  server: PostgresServer,
  session: Session,
  { state, roles, work, isNeeded }: Drop,
): Promise<string[]> {
  const { name } = state.database;
  const notes: string[] = [];
  const logins = roles.filter((role) => role.canLogin).map((role) => role.name);
  const requireAlone = async (): Promise<void> => {
    refuse(state, (await look(server, session, state, isNeeded)).problems);
  };
  try {
    const shut = logins.map((role) => toLogin(role, "NOLOGIN"));
    await server.runTogether(session, shut, work, () => requireMarks(server, session, logins));
    const { dumpDirectory } = server.config;
    if (dumpDirectory === undefined) await requireAlone();
    else {
      const file = await dumpAlone(server, session, state, { dumpDirectory, requireAlone });
      notes.push(`app ${state.app}: dumped to ${file}`);
    }
    const drop = { kind: "drop-database", path: "database", database: name } as const;
    await withStatementSeconds(session.client, dropSeconds, () => server.run(session, drop, work));
  } catch (error) {
    for (const role of logins) {
      const statement = toStatement(toLogin(role, "LOGIN"), hiddenVerifiers);
      await session.client.query(statement).catch(() => undefined);
    }
    throw error;
  }
  return [...notes, `app ${state.app}: dropped database "${name}"`];
}

/**
 * Returns the file of a dump that holds all that was ever written. Counts first, as a session that begins
 * before the first look is then seen by it, and one that begins after it is counted. Left is the moment
 * between the last count and the DROP, which fails if somebody is still there by then.
 */
async function dumpAlone(
  server: PostgresServer,
  session: Session,
  { app, database: { name } }: AppDatabaseState,
  request: { readonly dumpDirectory: string; readonly requireAlone: () => Promise<void> },
): Promise<string> {
  const { tls } = server.config;
  const admin = await server.config.admin();
  const count = async (): Promise<number> => {
    await setTimeout(countDelayMs);
    return await countSessions(session.client, name);
  };
  const before = await count();
  await request.requireAlone();
  const endpoint = await server.endpoint();
  const directory = request.dumpDirectory;
  const file = await dumpDatabase({ app, database: name, directory, endpoint, tls, admin });
  await pRetry(request.requireAlone, afterDump);
  const sessions = (await count()) - before;
  if (sessions === 1) return file;
  throw new BerthError(
    `app ${app}: others connected to database "${name}" while it was dumped (the server counts ${String(sessions)} sessions; pg_dump's is one); what they wrote may not be in ${file}, so nothing was dropped`,
    {
      hint: `keep them away until it is gone, as with REVOKE CONNECT ON DATABASE ${escapeIdentifier(name)} from whoever has it, or stop what watches it, and run pulumi up again; or dump by other means and take berth:postgres.dumpDirectory out of the stack file`,
    },
  );
}

function toLogin(role: string, attribute: "LOGIN" | "NOLOGIN"): Action {
  return { kind: "set-attributes", path: "roles", role, attributes: [attribute] };
}

async function dropRoles(
  server: PostgresServer,
  session: Session,
  roles: readonly LiveRole[],
  work: Work,
): Promise<string[]> {
  const names = roles.map((role) => role.name);
  const actions = names.map((role) => ({ kind: "drop-role", path: "roles", role }) as const);
  await server.runTogether(session, actions, work, () => requireMarks(server, session, names));
  return names.map((role) => `app ${work.app}: dropped role "${role}"`);
}

/** Asks once more, in the session and transaction that is about to change them. */
async function requireMarks(
  server: PostgresServer,
  session: Session,
  names: readonly string[],
): Promise<void> {
  const roles = await inspectRoles(session.client, names);
  const catalog = { server: session.server, roles, databases: new Map() };
  const unmarked = findUnmarked(names, catalog, server.config.ownershipRole);
  if (unmarked.length === 0) return;
  throw new BerthError(
    `role ${unmarked.join(", ")} is no member of ${server.config.ownershipRole} any more; nothing was done with it`,
  );
}

/** What roles that left an entry need to be dropped, and what stands in the way. */
export interface Leaving {
  readonly actions: readonly Action[];
  readonly problems: readonly string[];
}

/** The same for a preview and for the run itself; only with `reclaimPolicy: delete` there is any. */
export async function inspectLeaving(
  server: PostgresServer,
  session: Session,
  plan: DatabasePlan,
  formerRoles: readonly FormerRole[],
): Promise<Leaving> {
  const { client } = session;
  const names = formerRoles.map((role) => role.name);
  if (names.length === 0) return { actions: [], problems: [] };
  const roles = await inspectRoles(client, names);
  const catalog = { server: session.server, roles, databases: new Map() };
  const { owner, name } = plan.database;
  const actions = decideLeaving(formerRoles, catalog, { ...server.config, owner });
  const leaving = actions.flatMap((action) => (action.kind === "drop-role" ? [action.role] : []));
  const problems = findLeavingProblems(plan.app, {
    sessions: await inspectSessions(client, undefined, leaving),
    dependents: await inspectDependents(client, name, leaving),
    losses: await inspectLosses(client, name, leaving),
  });
  return { actions, problems };
}

/** Drops the roles that left, in one transaction in the app's database, the only one they are in. */
export async function dropLeaving(
  server: PostgresServer,
  inside: Session,
  plan: DatabasePlan,
  { formerRoles, work }: { readonly formerRoles: readonly FormerRole[]; readonly work: Work },
): Promise<void> {
  const { actions, problems } = await inspectLeaving(server, inside, plan, formerRoles);
  refuseLeaving(plan.app, problems);
  const names = actions.flatMap((action) => (action.kind === "drop-role" ? [action.role] : []));
  await server.runTogether(inside, actions, work, () => requireMarks(server, inside, names));
}

/** Throws what stands in the way. */
export function refuseLeaving(app: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new BerthError(
    toOneError(`app ${app}: a role that left its entry cannot be dropped`, problems).message,
    {
      hint: `mend that, or set berth:apps.${app}.reclaimPolicy to retain, which shuts the role out and keeps it; then run pulumi up again`,
    },
  );
}
