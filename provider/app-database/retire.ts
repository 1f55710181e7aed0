import { setTimeout } from "node:timers/promises";
import pRetry from "p-retry";
import { escapeIdentifier } from "pg";
import { toYamlList } from "../../components/config/yaml/list.ts";
import { BerthError, toOneError } from "../../components/errors.ts";
import {
  inspectDatabases,
  inspectRoles,
  type LiveRole,
} from "../../components/postgres/catalog/catalog.ts";
import {
  countSessions,
  inspectBlockers,
  inspectDependents,
  inspectSessions,
} from "../../components/postgres/catalog/retirement.ts";
import {
  decideRetirement,
  type Retirement,
  sortFormerRoles,
} from "../../components/postgres/diff/retirement.ts";
import { retire } from "../../components/postgres/diff/roles.ts";
import type { AppDatabaseState } from "../../components/postgres/plan/app-properties.ts";
import type { FormerRole } from "../../components/postgres/plan/former-role.ts";
import { isFurther } from "../../components/postgres/plan/plan.ts";
import type { AppProblem } from "../../components/postgres/rules/problem.ts";
import { withStatementSeconds } from "../../components/postgres/server/answer-limit.ts";
import type { Session } from "../../components/postgres/server/pool.ts";
import {
  type PostgresServer,
  type Work,
  workWithoutPasswords,
} from "../../components/postgres/server/postgres-server.ts";
import { requireOurRoles } from "../../components/postgres/server/require-our-roles.ts";
import { type Action, describeAction } from "../../components/postgres/statements/actions.ts";
import { hiddenVerifiers, toStatement } from "../../components/postgres/statements/sql.ts";
import type { StoredResource } from "../rpc/resource-handler.ts";
import { dumpDatabase } from "./dump.ts";
import { parseLeaving } from "./inputs.ts";

/** Seconds for DROP DATABASE, which takes long for a large database. */
const dropSeconds = 600;
/** The server may still be ending the session of `pg_dump`. */
const afterDump = { retries: 9, minTimeout: 200, factor: 1 };
/** Milliseconds that the server's count of sessions may be late. */
const countDelayMs = 1000;

/** An app that is dropped, in a session that nobody else uses. */
interface Run {
  readonly server: PostgresServer;
  readonly session: Session;
  readonly state: AppDatabaseState;
  readonly work: Work;
  /** Whether another app of the program has a role of this name. */
  readonly isNeeded: (role: string) => boolean;
}

/**
 * Drops the database and the roles of an app that left with `reclaimPolicy: delete`. The roles go with the first
 * database, which is dropped last. Returns what was done and what was left. Ignores what is already gone, so an
 * interrupted run can continue. Drops nothing before it knows that everything is Berth's, confirmed, and without
 * sessions.
 */
export async function retireApp(
  server: PostgresServer,
  state: AppDatabaseState,
  isNeeded: (role: string) => boolean,
): Promise<readonly string[]> {
  return await server.write(() =>
    server.withMaintenance(async (session) => {
      const run = { server, session, state, work: toWork(state), isNeeded };
      const { database, roles, problems, notes } = await inspectRetirement(run);
      const dropped = isFurther(state) ? [] : roles;
      if (database === undefined && dropped.length === 0) return notes;
      if (!server.config.confirmDelete.includes(state.database.name)) throw unconfirmed(state);
      refuse(state, problems);
      const done = database === undefined ? [] : await dropDatabase(run, roles);
      return [...notes, ...done, ...(await dropRoles(run, dropped))];
    }),
  );
}

async function inspectRetirement(run: Run): Promise<Retirement> {
  const { server, session, state, isNeeded } = run;
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
  const leaving = names.filter((role) => !isNeeded(role));
  const facts = {
    catalog,
    sessions: await inspectSessions(client, name, leaving),
    dependents: isFurther(state) ? [] : await inspectDependents(client, name, leaving),
    blockers: await inspectBlockers(client, name, server.config.ownershipRole),
  };
  return decideRetirement(state, facts, server.config, isNeeded);
}

function refuse({ app }: AppDatabaseState, problems: readonly AppProblem[]): void {
  if (problems.length === 0) return;
  const hint = "then run pulumi up again";
  throw toOneError(`app ${app}: nothing was dropped`, problems, hint);
}

function toWork({ app, roles }: AppDatabaseState): Work {
  return workWithoutPasswords(app, roles["owner"]?.name ?? "");
}

function unconfirmed({ app, database: { name } }: AppDatabaseState): BerthError {
  return new BerthError(
    `app ${app}: reclaimPolicy is delete, but berth:postgres.confirmDelete does not name database "${name}"; nothing was dropped`,
    {
      hint:
        `to drop it, set berth:postgres.confirmDelete to ${toYamlList([name])} and run pulumi up, after which a pulumi destroy drops it, too; ` +
        "to keep it, put the entry back with reclaimPolicy: retain and run pulumi up before you take it out again",
    },
  );
}

/**
 * Dumps and drops. The app's logins lose LOGIN first; any other session keeps the database from being dropped.
 * The logins get LOGIN back if the drop fails, or if the app has another database.
 */
async function dropDatabase(run: Run, roles: readonly LiveRole[]): Promise<string[]> {
  const { server, session, state, work } = run;
  const { name } = state.database;
  const notes: string[] = [];
  const logins = roles.filter((role) => role.canLogin).map((role) => role.name);
  const letIn = async (): Promise<void> => {
    for (const role of logins) {
      const statement = toStatement(toLogin(role, "LOGIN"), hiddenVerifiers);
      await session.client.query(statement).catch(() => undefined);
    }
  };
  const shut = logins.map((role) => toLogin(role, "NOLOGIN"));
  // Not in the try: a role that is not the stack's any more gets no LOGIN either.
  await server.runTogether(session, shut, work, () =>
    requireOurRoles(session, logins, server.config),
  );
  try {
    const { dumpDirectory } = server.config;
    if (dumpDirectory === undefined) await requireAlone(run);
    else notes.push(`app ${state.app}: dumped to ${await dumpAlone(run, dumpDirectory)}`);
    const drop = { kind: "drop-database", path: "database", database: name } as const;
    await withStatementSeconds(session.client, dropSeconds, () => server.run(session, drop, work));
  } catch (error) {
    await letIn();
    throw error;
  }
  // The first database is dropped last, or stays because it is not confirmed.
  if (isFurther(state)) await letIn();
  return [...notes, `app ${state.app}: dropped database "${name}"`];
}

async function requireAlone(run: Run): Promise<void> {
  refuse(run.state, (await inspectRetirement(run)).problems);
}

/**
 * Returns the file of a dump with everything that was ever written. Counts sessions before it lists them: an
 * earlier session is in the list, and a later one in the next count. The time between the last count and the
 * DROP stays open, but DROP fails while there is a session.
 */
async function dumpAlone(run: Run, directory: string): Promise<string> {
  const { server, session, state } = run;
  const { app, database } = state;
  const { name } = database;
  const { tls } = server.config;
  const admin = await server.config.admin();
  const count = async (): Promise<number> => {
    await setTimeout(countDelayMs);
    return await countSessions(session.client, name);
  };
  const before = await count();
  await requireAlone(run);
  const endpoint = await server.endpoint();
  const file = await dumpDatabase({ app, database: name, directory, endpoint, tls, admin });
  await pRetry(() => requireAlone(run), afterDump);
  const sessions = (await count()) - before;
  if (sessions === 1) return file;
  throw new BerthError(
    `app ${app}: others connected to database "${name}" while it was dumped (the server counts ${String(sessions)} sessions; pg_dump's is one); what they wrote may not be in ${file}, so nothing was dropped`,
    {
      hint: `keep them away until the database is dropped (REVOKE CONNECT ON DATABASE ${escapeIdentifier(name)} from the roles that have it, or stop the monitoring), then run pulumi up again; or dump by other means, and take berth:postgres.dumpDirectory out of the stack file`,
    },
  );
}

function toLogin(role: string, attribute: "LOGIN" | "NOLOGIN"): Action {
  return { kind: "set-attributes", path: "roles", role, attributes: [attribute] };
}

async function dropRoles(run: Run, roles: readonly LiveRole[]): Promise<string[]> {
  const { server, session, work } = run;
  const names = roles.map((role) => role.name);
  const actions = names.map((role) => ({ kind: "drop-role", path: "roles", role }) as const);
  await server.runTogether(session, actions, work, () =>
    requireOurRoles(session, names, server.config),
  );
  return names.map((role) => `app ${work.app}: dropped role "${role}"`);
}

/**
 * The roles that left an entry in the run that also renamed its database; the create of the replacement does
 * not know them. The former owner stays with its database.
 *
 * @param kept All roles of the program; undefined = the app left, and nothing is done about its roles.
 */
export function findFormer(
  { state: stored }: Pick<StoredResource, "state">,
  state: AppDatabaseState,
  kept: ReadonlySet<string> | undefined,
): readonly FormerRole[] {
  if (kept === undefined) return [];
  const before = Object.entries(state.roles)
    .filter(([, { profile }]) => profile !== "owner")
    .map(([key, { name }]) => ({ key, name }));
  return [...before, ...parseLeaving(stored)].filter(({ name }) => !kept.has(name));
}

/** Shuts out roles as a change of an entry does. Returns what was done and what was left. */
export async function shutOut(
  server: PostgresServer,
  state: AppDatabaseState,
  former: readonly FormerRole[],
): Promise<readonly string[]> {
  const { app } = state;
  const names = former.map(({ name }) => name);
  return await server.write(() =>
    server.withMaintenance(async (session) => {
      const found = await inspectRoles(session.client, names);
      const catalog = { server: session.server, roles: found, databases: new Map() };
      const { formerRoles, notes } = sortFormerRoles(app, former, catalog, server.config);
      const actions = formerRoles.flatMap((role) =>
        retire(role, catalog, server.config.ownershipRole),
      );
      await server.runTogether(session, actions, toWork(state));
      return [...notes, ...actions.map((action) => `app ${app}: ${describeAction(action)}`)];
    }),
  );
}
