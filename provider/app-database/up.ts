import { setTimeout as delay } from "node:timers/promises";
import { escapeLiteral } from "pg";
import { BerthError, toOneError } from "../../components/errors.ts";
import {
  type AppDecision,
  type AppFacts,
  decideApp,
  listActions,
  mayEnter,
} from "../../components/postgres/diff/decide-app.ts";
import type { Session } from "../../components/postgres/server/pool.ts";
import type { PostgresServer, Work } from "../../components/postgres/server/postgres-server.ts";
import { requireOurRoles } from "../../components/postgres/server/require-our-roles.ts";
import { type Action, isAboutOwnershipRole } from "../../components/postgres/statements/actions.ts";
import { toTransactions } from "../../components/postgres/statements/batches.ts";
import { inspectAvailable, inspectInside, inspectLeaving, inspectOutside } from "./inspect.ts";
import type { AppRequest } from "./request.ts";

/** One app in the current run. */
interface Run {
  readonly server: PostgresServer;
  readonly request: AppRequest;
  readonly work: Work;
}

/** The app may create objects while Berth grants access. A further round covers them. */
const rounds = 4;

/**
 * Applies an app's plan: reads, decides, acts, and reads again until there is nothing to do. The roles are
 * created in one transaction, then the database, then all access in one transaction inside it. A run can stop
 * at any point and be repeated.
 */
export async function applyApp(
  server: PostgresServer,
  { context, ...wanted }: AppRequest,
  onDone: (action: Action) => void,
): Promise<readonly string[]> {
  const request = { ...wanted, context: { ...context, isApplying: true } };
  const { app, database } = request.plan;
  const work: Work = {
    app,
    owner: database.owner,
    onDone,
    verifiers: (key) => {
      const verifier = request.context.verifiers.get(key);
      if (verifier === undefined) throw new Error(`app ${app}: no verifier for role ${key}`);
      return verifier;
    },
  };
  const run: Run = { server, request, work };
  return await server.write(async () => {
    const { isDone, notes } = await server.withMaintenance((session) => begin(run, session));
    if (isDone) return [...request.leftBehind, ...notes];
    const more = await server.withDatabase(database.name, (inside) =>
      finish(run, { roles: inside, inside }),
    );
    return [...request.leftBehind, ...notes, ...more];
  });
}

/**
 * Makes the roles and the database of a new app. If the database exists, inspects its inside before any change.
 */
async function begin(
  run: Run,
  session: Session,
): Promise<{ readonly isDone: boolean; readonly notes: readonly string[] }> {
  const { server, request } = run;
  const { plan } = request;
  const facts = await inspectOutside(session, request, true);
  if (mayEnter(plan, facts.catalog, decideApp(plan, facts, request.context))) {
    const notes = await server.withDatabase(plan.database.name, (inside) =>
      finish(run, { roles: session, inside }, facts),
    );
    return { isDone: true, notes };
  }
  const { adopting, steps } = requireAll(run, {
    ...facts,
    ...(await inspectAvailable(session, plan)),
    ...(await inspectLeaving(session, request, facts.catalog)),
  });
  await runRoles(run, session, steps.roles);
  for (const action of steps.database) await makeDatabase(run, session, action);
  return { isDone: false, notes: adopting };
}

/**
 * Does the rest, with a session in the app's database.
 *
 * @param first What was just read. Without it the roles exist, with their passwords.
 */
async function finish(
  run: Run,
  sessions: { readonly roles: Session; readonly inside: Session },
  first?: AppFacts,
): Promise<readonly string[]> {
  const { server, request, work } = run;
  const { inside } = sessions;
  const adopting: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const isFirst = round === 0 && first !== undefined;
    const outside = isFirst ? first : await inspectOutside(inside, request, false);
    const facts = { ...outside, ...(await inspectInside(inside, request, outside.catalog)) };
    const decision = requireAll(run, facts, isFirst ? {} : { newPasswords: new Set() });
    const { steps, superuser, notes } = decision;
    adopting.push(...decision.adopting);
    if (listActions(decision).length === 0) {
      if (superuser.length === 0) return [...adopting, ...notes];
      throw toOneError("everything else is done; a superuser must still do this", superuser);
    }
    await runRoles(run, sessions.roles, steps.roles);
    const dropped = steps.leaving.flatMap((one) => (one.kind === "drop-role" ? [one.role] : []));
    await server.runTogether(inside, steps.leaving, work, () =>
      requireOurRoles(inside, dropped, server.config),
    );
    for (const actions of toTransactions(steps.inside)) {
      await server.runTogether(inside, actions, work);
    }
  }
  const { app, database } = request.plan;
  throw new BerthError(`app ${app}: something else keeps changing its privileges`, {
    hint: `see who: SELECT pid, usename, application_name, query FROM pg_stat_activity WHERE datname = ${escapeLiteral(database.name)}`,
  });
}

/** Decides, and throws all problems at once. */
function requireAll(
  { request: { plan, context } }: Run,
  facts: AppFacts,
  changes: Partial<AppRequest["context"]> = {},
): AppDecision {
  const decision = decideApp(plan, facts, { ...context, ...changes });
  if (decision.problems.length > 0) throw toOneError("Postgres", decision.problems);
  return decision;
}

async function runRoles({ server, work }: Run, session: Session, roles: readonly Action[]) {
  await server.makeOwnershipRoleOnce(session, roles, work);
  const others = roles.filter((action) => !isAboutOwnershipRole(action));
  await server.runTogether(session, others, work);
}

/**
 * Creates the database. A server goes on with CREATE DATABASE after its client was killed, so the database may
 * appear at any moment. Then it is adopted, if it is Berth's.
 */
async function makeDatabase(run: Run, session: Session, action: Action): Promise<void> {
  try {
    await run.server.run(session, action, run.work);
  } catch (error) {
    const code = ((error as Error).cause as { code?: string } | undefined)?.code;
    if (code !== "42P04" && code !== "23505") throw error;
    for (let waited = 0; waited < 5000; waited += 100) {
      const facts = await inspectOutside(session, run.request, false);
      requireAll(run, facts, { isKnown: false });
      if (facts.catalog.databases.has(run.request.plan.database.name)) return;
      await delay(100);
    }
    throw error;
  }
}
