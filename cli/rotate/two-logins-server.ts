import { setTimeout as delay } from "node:timers/promises";
import { BerthError, toOneError } from "../../components/errors.ts";
import {
  inspectDatabases,
  inspectRoles,
  type LiveRole,
} from "../../components/postgres/catalog/catalog.ts";
import { inspectSessions, type LiveSession } from "../../components/postgres/catalog/retirement.ts";
import { describeSession, findUnmarked } from "../../components/postgres/diff/retirement.ts";
import { decideRoles } from "../../components/postgres/diff/roles.ts";
import type { DatabasePlan, PlannedRole } from "../../components/postgres/plan/plan.ts";
import { decideAdoption } from "../../components/postgres/rules/adoption.ts";
import { findPlanProblems } from "../../components/postgres/rules/server.ts";
import type { Session } from "../../components/postgres/server/pool.ts";
import type { PostgresServer, Work } from "../../components/postgres/server/postgres-server.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import { hiddenVerifiers } from "../../components/postgres/statements/sql.ts";
import { preparedUntil } from "./decide-step.ts";

/** What a rotation does on the server besides `pulumi up`: with the provider's own lock and guards. */

/** The app's roles as they are. */
export async function inspectTwoLogins(
  server: PostgresServer,
  plan: DatabasePlan,
): Promise<ReadonlyMap<string, LiveRole>> {
  const names = plan.roles.map(({ name }) => name);
  return await server.withMaintenance(({ client }) => inspectRoles(client, names));
}

/**
 * Gives a login that waits a new password, so that it works before anybody is told of it. Throws, with
 * nothing changed, where somebody is still connected as it or Berth did not make it. Under the run lock.
 */
export async function prepareLogin(
  server: PostgresServer,
  plan: DatabasePlan,
  { login, verifier }: { readonly login: PlannedRole; readonly verifier: string },
): Promise<void> {
  await server.withMaintenance(async (session) => {
    const { ownershipRole } = server.config;
    const { name, owner } = plan.database;
    const catalog = {
      server: session.server,
      databases: await inspectDatabases(session.client, [name]),
      roles: await inspectRoles(session.client, [ownershipRole, owner, login.name]),
    };
    const one: DatabasePlan = { ...plan, adopt: false, roles: [login] };
    const { problems } = decideAdoption(one, catalog, server.config);
    const missing = catalog.databases.has(name)
      ? []
      : [`app ${plan.app}: database "${name}" is not there; run pulumi up first`];
    const all = [...missing, ...problems, ...findPlanProblems(plan, session.server)];
    if (all.length > 0) throw toOneError("nothing was changed", all);
    const isIt = (role: PlannedRole): boolean => role === login;
    const actions = decideRoles(one, catalog, {
      ...{
        ownershipRole,
        stack: server.config.stack,
        formerRoles: [],
        hasPassword: isIt,
        needsPassword: isIt,
      },
    });
    const mark = toAttributes(login.name, preparedUntil);
    const work = toWork(plan, () => verifier);
    await server.runTogether(session, [...actions, mark], work, () =>
      refuseSessions(session, plan.app, login.name),
    );
  });
}

async function refuseSessions({ client }: Session, app: string, role: string): Promise<void> {
  const sessions = await inspectSessions(client, undefined, [role]);
  if (sessions.length === 0) return;
  const lines = sessions.map((session) => `app ${app}: ${describeSession(session)}`);
  throw new BerthError(toOneError("somebody still uses the login that waits", lines).message, {
    hint: "restart what that is, so that it takes the credential that the Secret has, then run the same command again",
  });
}

/** How often to look, and how long to wait in between. */
export interface Watch {
  readonly looks: number;
  readonly everyMs: number;
}

/**
 * Takes login and password from roles that the item does not name. Under the run lock.
 *
 * @returns Who is connected as one of them; then nothing has been taken. Empty = all is done.
 */
export async function retireLogins(
  server: PostgresServer,
  plan: DatabasePlan,
  names: readonly string[],
  watch: Watch,
): Promise<readonly LiveSession[]> {
  const work = toWork(plan, hiddenVerifiers);
  return await server.withMaintenance(async (session) => {
    const before = await watchSessions(session, names, watch);
    if (before.length > 0) return before;
    const roles = await inspectRoles(session.client, names);
    const open = names.filter((name) => roles.get(name)?.canLogin === true);
    const shut = names.map((name) => toAttributes(name, "NOLOGIN"));
    await server.runTogether(session, shut, work, () => requireMarks(server, session, names));
    // Who came in between would be cut off at its next connection.
    const after = await inspectSessions(session.client, undefined, names);
    const rest = after.length === 0 ? names.map(toCleared) : open.map(toLogin);
    await server.runTogether(session, rest, work);
    return after;
  });
}

/** A client that connects anew for each request is there only for moments. */
async function watchSessions(
  { client }: Session,
  names: readonly string[],
  { looks, everyMs }: Watch,
): Promise<readonly LiveSession[]> {
  for (let look = 0; look < looks; look += 1) {
    if (look > 0) await delay(everyMs);
    const sessions = await inspectSessions(client, undefined, names);
    if (sessions.length > 0) return sessions;
  }
  return [];
}

async function requireMarks(
  { config }: PostgresServer,
  session: Session,
  names: readonly string[],
): Promise<void> {
  const roles = await inspectRoles(session.client, names);
  const catalog = { server: session.server, databases: new Map(), roles };
  const unmarked = findUnmarked(names, catalog, config.ownershipRole);
  if (unmarked.length === 0) return;
  throw new BerthError(
    `role ${unmarked.join(", ")} is no member of ${config.ownershipRole}, so this stack did not make it; nothing was done with it`,
  );
}

function toAttributes(role: string, attribute: string): Action {
  return { kind: "set-attributes", path: "roles", role, attributes: [attribute] };
}

function toLogin(role: string): Action {
  return toAttributes(role, "LOGIN");
}

function toCleared(role: string): Action {
  return { kind: "clear-password", path: "roles", role };
}

function toWork({ app, database }: DatabasePlan, verifiers: Work["verifiers"]): Work {
  return { app, owner: database.owner, verifiers, onDone: () => undefined };
}
