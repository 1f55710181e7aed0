import { setTimeout as delay } from "node:timers/promises";
import { escapeLiteral } from "pg";
import { BerthError, type Problem, toOneError } from "../../components/errors.ts";
import { inspectExtensions } from "../../components/postgres/catalog/extensions.ts";
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
import { inspectChanged, inspectInside, inspectLeaving, inspectOutside } from "./inspect.ts";
import type { AppRequest } from "./request.ts";

interface Run {
  readonly server: PostgresServer;
  readonly request: AppRequest;
  readonly work: Work;
}

/** All is done but what only a superuser can do. */
export class SuperuserLeft extends BerthError {
  constructor(left: readonly Problem[]) {
    const title = "everything else is done; a superuser must still do this";
    const { message, problems } = toOneError(title, left);
    super(message, { problems });
  }
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
    const { made, notes } = await server.withMaintenance((session) => begin(run, session));
    if (made === undefined) return [...request.leftBehind, ...notes];
    const more = await server.withDatabase(database.name, (inside) =>
      finish(run, { roles: inside, inside }, made, withPasswords),
    );
    return [...request.leftBehind, ...notes, ...more];
  });
}

/**
 * Makes the roles and the database of a new app. If the database exists, inspects its inside before any change, and
 * does everything.
 *
 * @returns made: what is there now; undefined = all is done.
 */
async function begin(
  run: Run,
  session: Session,
): Promise<{ readonly made?: AppFacts; readonly notes: readonly string[] }> {
  const { server, request } = run;
  const { plan } = request;
  const facts = await inspectOutside(session, request, true);
  if (mayEnter(plan, facts.catalog, decideApp(plan, facts, request.context))) {
    const notes = await server.withDatabase(plan.database.name, (inside) =>
      finish(run, { roles: session, inside }, facts, {}),
    );
    return { notes };
  }
  const { adopting, steps } = requireAll(run, {
    ...facts,
    extensions: await inspectExtensions(session.client, plan, true),
    ...(await inspectLeaving(session, request, facts.catalog)),
  });
  await runRoles(run, session, steps.roles, facts);
  for (const action of steps.database) await makeDatabase(run, session, action);
  // This session has loaded the catalogs that a new one in the database loads first.
  return { made: await inspectOutside(session, request, false), notes: adopting };
}

/** The roles have their passwords. */
const withPasswords = { newPasswords: new Set<string>() };

/**
 * Does the rest, with a session in the app's database.
 *
 * @param read The roles and the database, as they were just read.
 * @param passwords Whether the roles have theirs.
 */
async function finish(
  run: Run,
  sessions: { readonly roles: Session; readonly inside: Session },
  read: AppFacts,
  passwords: Partial<AppRequest["context"]>,
): Promise<readonly string[]> {
  const { server, request, work } = run;
  const { inside } = sessions;
  const adopting: string[] = [];
  let outside = read;
  for (let round = 0; round < rounds; round += 1) {
    const facts = { ...outside, ...(await inspectInside(inside, request, outside.catalog)) };
    const decision = requireAll(run, facts, round === 0 ? passwords : withPasswords);
    const { steps, superuser, notes } = decision;
    adopting.push(...decision.adopting);
    if (listActions(decision).length === 0) {
      if (superuser.length === 0) return [...adopting, ...notes];
      throw new SuperuserLeft(superuser);
    }
    await runRoles(run, sessions.roles, steps.roles, facts);
    const dropped = steps.leaving.flatMap((one) => (one.kind === "drop-role" ? [one.role] : []));
    await server.runTogether(inside, steps.leaving, work, () =>
      requireOurRoles(inside, dropped, server.config),
    );
    for (const actions of toTransactions(steps.inside)) {
      await server.runTogether(inside, actions, work);
    }
    outside = await inspectChanged(inside, request, outside, steps);
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

/** Changes roles. What is not the stack's any more is left alone: an app may have waited since it was read. */
async function runRoles(
  { server, work }: Run,
  session: Session,
  roles: readonly Action[],
  { catalog }: Pick<AppFacts, "catalog">,
): Promise<void> {
  await server.makeOwnershipRoleOnce(session, roles, work);
  const others = roles.filter((action) => !isAboutOwnershipRole(action));
  const { ownershipRole } = server.config;
  const changed = others.flatMap((action) =>
    "role" in action && typeof action.role === "string" ? [action.role] : [],
  );
  const ours = [...new Set(changed)].filter(
    (name) => catalog.roles.get(name)?.memberOf.includes(ownershipRole) === true,
  );
  await server.runTogether(session, others, work, async () => {
    if (ours.length > 0) await requireOurRoles(session, ours, server.config);
  });
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
