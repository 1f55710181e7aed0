import { setTimeout as delay } from "node:timers/promises";
import { toOneError } from "../../components/errors.ts";
import {
  type Catalog,
  inspectDatabases,
  inspectRoles,
} from "../../components/postgres/catalog/catalog.ts";
import { inspectSessions, type LiveSession } from "../../components/postgres/catalog/retirement.ts";
import { type AppContext, decideApp } from "../../components/postgres/diff/decide-app.ts";
import { isAbout } from "../../components/postgres/diff/drift.ts";
import type { DatabasePlan, PlannedRole } from "../../components/postgres/plan/plan.ts";
import { toSessionProblems } from "../../components/postgres/rules/obstacles.ts";
import type { AppProblem, PostgresProblem } from "../../components/postgres/rules/problem.ts";
import type { Session } from "../../components/postgres/server/pool.ts";
import {
  type PostgresServer,
  workWithoutPasswords,
} from "../../components/postgres/server/postgres-server.ts";
import { requireOurRoles } from "../../components/postgres/server/require-our-roles.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import { preparedUntil } from "./decide-step.ts";

/** The statements of a rotation that `pulumi up` does not run, with the provider's lock and guards. */

const restart =
  "restart what is connected, so that it reads the Secret again; then run the same command again";

/** The actions that give a login a new password before the item names it, or why they are refused. Pure. */
export function decideLogin(
  plan: DatabasePlan,
  facts: { readonly catalog: Catalog; readonly sessions: readonly LiveSession[] },
  request: {
    readonly postgres: AppContext["postgres"];
    readonly login: PlannedRole;
    readonly verifier: string;
  },
): { readonly problems: readonly PostgresProblem[]; readonly actions: readonly Action[] } {
  const { app, database } = plan;
  const { login, postgres, verifier } = request;
  const { catalog, sessions } = facts;
  // `adopt` in the entry is for `pulumi up` only.
  const decision = decideApp(
    { ...plan, adopt: false },
    { catalog },
    {
      postgres,
      verifiers: new Map([[login.key, verifier]]),
      newPasswords: new Set([login.key]),
    },
  );
  const missing: AppProblem = {
    code: "database-missing",
    app,
    at: "database",
    what: `database "${database.name}" is not there`,
    fix: "run pulumi up first",
  };
  return {
    problems: [
      ...(catalog.databases.has(database.name) ? [] : [missing]),
      ...decision.problems,
      ...toSessionProblems(app, sessions, restart),
    ],
    actions: [
      ...decision.steps.roles.filter((action) => isAbout(action, login)),
      toAttributes(login.name, preparedUntil),
    ],
  };
}

/**
 * Gives the waiting login a new password, so it works before the item names it. Throws and changes nothing if
 * it has a session or Berth did not make it. The caller must hold the run lock.
 */
export async function prepareLogin(
  server: PostgresServer,
  plan: DatabasePlan,
  { login, verifier }: { readonly login: PlannedRole; readonly verifier: string },
): Promise<void> {
  const { config } = server;
  await server.withMaintenance(async (session) => {
    const { client } = session;
    const databases = await inspectDatabases(client, [plan.database.name]);
    const owners = [...databases.values()].map(({ owner }) => owner);
    const names = [config.ownershipRole, ...plan.roles.map(({ name }) => name), ...owners];
    const catalog = { server: session.server, databases, roles: await inspectRoles(client, names) };
    const decide = async () => {
      const sessions = await inspectSessions(client, undefined, [login.name]);
      const found = decideLogin(plan, { catalog, sessions }, { postgres: config, login, verifier });
      if (found.problems.length > 0) throw toOneError("nothing was changed", found.problems);
      return found;
    };
    const { actions } = await decide();
    const { app, database } = plan;
    const work = { ...workWithoutPasswords(app, database.owner), verifiers: () => verifier };
    await server.runTogether(session, actions, work, async () => {
      await decide();
    });
  });
}

/** How often to check, and the pause between checks. */
export interface Watch {
  readonly times: number;
  readonly everyMs: number;
}

/**
 * Removes LOGIN and the password from roles that the item does not name. The caller must hold the run lock.
 *
 * @returns Their sessions. If there are any, nothing was changed. Empty = done.
 */
export async function retireLogins(
  server: PostgresServer,
  plan: DatabasePlan,
  names: readonly string[],
  watch: Watch,
): Promise<readonly LiveSession[]> {
  const work = workWithoutPasswords(plan.app, plan.database.owner);
  return await server.withMaintenance(async (session) => {
    const before = await watchSessions(session, names, watch);
    if (before.length > 0) return before;
    const roles = await inspectRoles(session.client, names);
    const open = names.filter((name) => roles.get(name)?.canLogin === true);
    const shut = names.map((name) => toAttributes(name, "NOLOGIN"));
    await server.runTogether(session, shut, work, () =>
      requireOurRoles(session, names, server.config),
    );
    // A client that connected in between would fail at its next connection.
    const after = await inspectSessions(session.client, undefined, names);
    const rest =
      after.length > 0
        ? open.map((role) => toAttributes(role, "LOGIN"))
        : names.map((role): Action => ({ kind: "clear-password", path: "roles", role }));
    await server.runTogether(session, rest, work);
    return after;
  });
}

/** Looks several times: a client with a connection for each request is visible only for moments. */
async function watchSessions(
  { client }: Session,
  names: readonly string[],
  { times, everyMs }: Watch,
): Promise<readonly LiveSession[]> {
  for (let time = 0; time < times; time += 1) {
    if (time > 0) await delay(everyMs);
    const sessions = await inspectSessions(client, undefined, names);
    if (sessions.length > 0) return sessions;
  }
  return [];
}

function toAttributes(role: string, attribute: string): Action {
  return { kind: "set-attributes", path: "roles", role, attributes: [attribute] };
}
