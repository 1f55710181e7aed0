import { setTimeout as delay } from "node:timers/promises";
import { BerthError, toOneError } from "../../components/errors.ts";
import { inspectAccess, inspectVerifiers } from "../../components/postgres/catalog/access.ts";
import {
  type Catalog,
  inspectDatabases,
  inspectRoles,
  type LiveDatabase,
} from "../../components/postgres/catalog/catalog.ts";
import {
  type AccessDecision,
  decideAccess,
  decideDatabase,
} from "../../components/postgres/diff/access.ts";
import { decideNewDatabase } from "../../components/postgres/diff/new-database.ts";
import { sortFormerRoles } from "../../components/postgres/diff/retirement.ts";
import { toPlan } from "../../components/postgres/plan/app-state.ts";
import type { DatabasePlan } from "../../components/postgres/plan/plan.ts";
import { findOutOfReach } from "../../components/postgres/rules/adoption.ts";
import { decideOwnership } from "../../components/postgres/rules/identity.ts";
import { findTakenProblem } from "../../components/postgres/rules/lost-database.ts";
import type { Session } from "../../components/postgres/server/pool.ts";
import {
  isAboutOwnershipRole,
  type PostgresServer,
  type Work,
} from "../../components/postgres/server/postgres-server.ts";
import type { Action } from "../../components/postgres/statements/actions.ts";
import type { AppRequest } from "./app-request.ts";
import { inspectAvailableExtensions, requireNewDatabase } from "./available-extensions.ts";
import { decideAppRoles, judge } from "./judge.ts";
import { dropLeaving, inspectLeaving, refuseLeaving } from "./retire.ts";
import { readStored } from "./stored-verifiers.ts";

/** What would be done, and what else the operator should know. */
export interface AppDecision extends AccessDecision {
  readonly catalog: Catalog;
}

/**
 * What there is to do for an app, from the survey that the run shares; nothing is changed. Throws if
 * the app cannot be had at all, such as for a role that is somebody else's.
 *
 * @param isDeep Looks into the app's database as well, which takes a login of its own.
 * @param isImport Nothing is to be changed yet, so that a right to do it may still be given.
 */
export async function decideRequest(
  server: PostgresServer,
  request: AppRequest,
  isDeep: boolean,
  isImport = false,
): Promise<AppDecision> {
  const plan = toPlan(request.state, server.config.ownershipRole);
  const { catalog } = await server.inspectStack();
  const stored = await readStored(server, plan);
  const outOfReach = findOutOfReach(plan, catalog, server.config);
  const refused = isImport ? [] : outOfReach;
  const adopting = judge(plan, catalog, { request, server, stored }, refused);
  const found = await findActions(server, request, isDeep);
  if (found.problems.length > 0) throw toOneError("Postgres", found.problems);
  const later = isImport ? outOfReach.map((problem) => `up would refuse: ${problem}`) : [];
  const { marks, notes: renamed } = decideMarks(server, catalog);
  const notes = [
    ...later,
    ...renamed,
    ...adopting,
    ...request.leftBehind,
    ...found.notes,
    ...found.blocked,
  ];
  return { ...found, actions: withMarks(found.actions, marks), notes };
}

/**
 * The same without a judgement: also for what is missing or not marked any more. Throws where the database
 * has got another owner, as there is nothing that a run would do about it.
 */
export async function findActions(
  server: PostgresServer,
  asked: AppRequest,
  isDeep: boolean,
): Promise<AppDecision> {
  const plan = toPlan(asked.state, server.config.ownershipRole);
  const { catalog } = await server.inspectStack();
  const { request, notes: leftAlone } = leaveForeignRoles(server, asked, catalog);
  const stored = await readStored(server, plan);
  const { marks: due } = decideMarks(server, catalog);
  const marks = due.length > 0 && isFirst(plan, catalog, server) ? due : [];
  const roles = withMarks(decideAppRoles(plan, catalog, { request, server, stored }), marks);
  const live = catalog.databases.get(plan.database.name);
  const taken = findTakenProblem(plan, catalog, server.config.ownershipRole);
  if (request.isKnown && taken !== undefined) throw new BerthError(taken);
  if (live === undefined) {
    const extensions = isDeep ? await inspectAvailableExtensions(server, plan) : [];
    const made = decideNewDatabase(plan, catalog.server, extensions);
    const notes = [...leftAlone, ...made.notes];
    return { ...made, actions: [...roles, ...made.actions], notes, catalog };
  }
  if (!isDeep) {
    const outside = decideDatabase(plan, live, request.formerRoles);
    const none = { notes: leftAlone, problems: [], blocked: [] };
    return { ...none, actions: [...roles, ...outside], catalog };
  }
  return await server.withDatabase(live.name, async (inside) => {
    const leaving = reclaims(request)
      ? await inspectLeaving(server, inside, plan, request.formerRoles)
      : { actions: [], problems: [] };
    // What a role that is dropped was given goes with it.
    const dropped = new Set(leaving.actions.map((action) => "role" in action && action.role));
    const formerRoles = request.formerRoles.filter(({ name }) => !dropped.has(name));
    const access = await decideInside(inside, plan, live, { ...request, formerRoles });
    const notes = leaving.problems.map((problem) => `up would refuse: ${problem}`);
    return {
      ...access,
      actions: [...roles, ...leaving.actions, ...access.actions],
      notes: [...leftAlone, ...notes, ...access.notes],
      catalog,
    };
  });
}

/**
 * Makes an app what it shall be: its roles in one transaction, the database, and everything about
 * access in one transaction inside it. Each step asks first and does only what is missing, so that it
 * may be interrupted anywhere and run again.
 */
export async function applyApp(
  server: PostgresServer,
  asked: AppRequest,
  onDone: (action: Action) => void,
): Promise<readonly string[]> {
  const plan = toPlan(asked.state, server.config.ownershipRole);
  const work: Work = {
    app: plan.app,
    owner: plan.database.owner,
    onDone,
    verifiers: (key) => {
      const verifier = asked.verifiers.get(key);
      if (verifier === undefined) throw new Error(`app ${plan.app}: no verifier for role ${key}`);
      return verifier;
    },
  };
  return await server.write(async () => {
    const { request, told } = await server.withMaintenance(async (session) => {
      const catalog = await inspectApp(session, plan, asked, server);
      const { request, notes } = leaveForeignRoles(server, asked, catalog);
      const names = plan.roles.map((role) => role.name);
      const stored = session.server.isSuperuser
        ? await inspectVerifiers(session.client, names)
        : undefined;
      const outOfReach = findOutOfReach(plan, catalog, server.config);
      const changes = judge(plan, catalog, { request, server, stored }, outOfReach);
      if (!catalog.databases.has(plan.database.name))
        await requireNewDatabase(session, plan, catalog);
      const { marks, notes: renamed } = decideMarks(server, catalog);
      const roles = withMarks(decideAppRoles(plan, catalog, { request, server, stored }), marks);
      if (reclaims(request)) {
        const { formerRoles } = request;
        const examine = (at: Session) => inspectLeaving(server, at, plan, formerRoles);
        // Only a session in there sees what others would lose.
        const leaving = catalog.databases.has(plan.database.name)
          ? await server.withDatabase(plan.database.name, examine)
          : await examine(session);
        refuseLeaving(plan.app, leaving.problems);
      }
      await server.makeOwnershipRoleOnce(session, roles, work);
      const others = roles.filter((action) => !isAboutOwnershipRole(action));
      await server.runTogether(session, others, work);
      if (!catalog.databases.has(plan.database.name))
        await makeDatabase(server, session, plan, { request, work });
      return { request, told: [...renamed, ...changes, ...request.leftBehind, ...notes] };
    });
    const notes = await server.withDatabase(plan.database.name, async (inside) => {
      const { formerRoles } = request;
      if (reclaims(request)) await dropLeaving(server, inside, plan, { formerRoles, work });
      return await applyAccess(server, inside, { plan, request, work });
    });
    return [...told, ...notes];
  });
}

/** What makes an ownership role that is there say whose it is. */
function decideMarks({ config }: PostgresServer, { roles }: Catalog) {
  return decideOwnership(roles.get(config.ownershipRole), config.stack);
}

/** Every app that changes brings it along; where none does, the one whose role is the first of them all. */
function isFirst(plan: DatabasePlan, { roles }: Catalog, { config }: PostgresServer): boolean {
  const ours = [...roles.values()].filter((role) => role.memberOf.includes(config.ownershipRole));
  const [first] = ours.map(({ name }) => name).toSorted();
  return plan.roles.some(({ name }) => name === first);
}

function withMarks(actions: readonly Action[], marks: readonly Action[]): readonly Action[] {
  return actions.some(({ kind }) => kind === "mark-ownership-role")
    ? actions
    : [...marks, ...actions];
}

/** Without the roles that left the entry and are not for Berth to change, and why for each. */
function leaveForeignRoles(server: PostgresServer, asked: AppRequest, catalog: Catalog) {
  const { state } = asked;
  const sorted = sortFormerRoles(state.app, asked.formerRoles, catalog, server.config);
  return { request: { ...asked, formerRoles: sorted.formerRoles }, notes: sorted.notes };
}

/** Whether roles that left the entry are dropped and not only shut out. */
function reclaims({ state, formerRoles }: AppRequest): boolean {
  return state.reclaimPolicy === "delete" && formerRoles.length > 0;
}

/**
 * A client that was killed while it made a database does not stop the server from making it, so the
 * database may turn up at any moment. It is then taken up like any other that is ours.
 */
async function makeDatabase(
  server: PostgresServer,
  session: Session,
  plan: DatabasePlan,
  { request, work }: { request: AppRequest; work: Work },
): Promise<void> {
  const { database } = plan;
  try {
    await server.run(session, { kind: "create-database", path: "database", database }, work);
  } catch (error) {
    const code = ((error as Error).cause as { code?: string } | undefined)?.code;
    if (code !== "42P04" && code !== "23505") throw error;
    for (let waited = 0; waited < 5000; waited += 100) {
      const catalog = await inspectApp(session, plan, request, server);
      judge(plan, catalog, { request: { ...request, isKnown: false }, server, stored: undefined });
      if (catalog.databases.has(database.name)) return;
      await delay(100);
    }
    throw error;
  }
}

/** Asks again after the commit: what the app made in the meantime is covered in a second round. */
async function applyAccess(
  server: PostgresServer,
  inside: Session,
  { plan, request, work }: { plan: DatabasePlan; request: AppRequest; work: Work },
): Promise<readonly string[]> {
  let notes: readonly string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const found = await inspectDatabases(inside.client, [plan.database.name]);
    const live = found.get(plan.database.name);
    if (live === undefined) throw new Error(`app ${plan.app}: its database is gone`);
    const decision = await decideInside(inside, plan, live, request);
    if (decision.problems.length > 0) throw toOneError("Postgres", decision.problems);
    notes = decision.notes;
    if (decision.actions.length === 0) {
      if (decision.blocked.length === 0) return notes;
      throw toOneError("everything else is done, but for a superuser there is", decision.blocked);
    }
    await server.runTogether(inside, decision.actions, work);
  }
  throw new BerthError(`app ${plan.app}: something else keeps changing its privileges`, {
    hint: `see who: SELECT pid, usename, application_name, query FROM pg_stat_activity WHERE datname = '${plan.database.name}'`,
  });
}

async function decideInside(
  inside: Session,
  plan: DatabasePlan,
  live: LiveDatabase,
  request: AppRequest,
) {
  const former = request.formerRoles.map(({ name }) => name);
  const left = request.formerRoles.flatMap(({ schemas = [] }) => schemas);
  const schemas = [...new Set([...plan.schemas, ...left])];
  const access = await inspectAccess(inside.client, { ...plan, schemas }, former);
  return decideAccess(plan, { server: inside.server, database: live, access }, request.formerRoles);
}

async function inspectApp(
  session: Session,
  plan: DatabasePlan,
  request: AppRequest,
  server: PostgresServer,
): Promise<Catalog> {
  const databases = await inspectDatabases(session.client, [plan.database.name]);
  const roles = await inspectRoles(session.client, [
    server.config.ownershipRole,
    ...plan.roles.map((role) => role.name),
    ...request.formerRoles.map((former) => former.name),
    ...[...databases.values()].map((database) => database.owner),
  ]);
  return { server: session.server, roles, databases };
}
