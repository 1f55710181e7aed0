import { BerthError, describeProblem, toOneError } from "../../components/errors.ts";
import { inspectAccess } from "../../components/postgres/catalog/access.ts";
import {
  type Catalog,
  inspectDatabases,
  inspectRoles,
  inspectVerifiers,
} from "../../components/postgres/catalog/catalog.ts";
import { inspectExtensions } from "../../components/postgres/catalog/extensions.ts";
import {
  inspectDependents,
  inspectLosses,
  inspectSessions,
} from "../../components/postgres/catalog/retirement.ts";
import { inspectUnlisted } from "../../components/postgres/catalog/unlisted.ts";
import {
  type AppDecision,
  type AppFacts,
  decideApp,
  decideLeavingRoles,
  mayEnter,
} from "../../components/postgres/diff/decide-app.ts";
import type { DatabasePlan } from "../../components/postgres/plan/plan.ts";
import type { PostgresProblem, ProblemCode } from "../../components/postgres/rules/problem.ts";
import { otherGroupsOf } from "../../components/postgres/rules/roles/groups.ts";
import { type Session, Unreachable } from "../../components/postgres/server/pool.ts";
import type { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import { trySettings } from "../../components/postgres/server/try-settings.ts";
import type { Wanted } from "./request.ts";

/** Reads what a decision about an app needs: from the shared catalog of the run, or live before a change. */

export type InsideFacts = Pick<AppFacts, "access" | "leaving" | "unlisted">;

export interface Inspection {
  readonly decision: AppDecision;
  readonly catalog: Catalog;
  /** undefined = there was no session in the app's database. */
  readonly inside?: InsideFacts;
}

/**
 * Decides about an app from the catalog that the run reads once for all apps.
 *
 * @param isDeep Whether to connect to the app's database as well.
 * @param options.isImport Whether missing rights are no problem yet: nothing is changed, so they may still be granted.
 * @param options.inside What a session in the app's database has just read for the same plan. Then no other connects.
 */
export async function inspectRequest(
  server: PostgresServer,
  { plan, context }: Wanted,
  isDeep: boolean,
  { isImport = false, inside }: { isImport?: boolean; inside?: InsideFacts | undefined } = {},
): Promise<Inspection> {
  const { catalog } = await server.inspectStack();
  const stored = await inspectStored(server, plan);
  const refusedSettings = isDeep
    ? await server.withMaintenance(({ client }) => trySettings(client, plan))
    : [];
  const facts = { catalog, stored, refusedSettings };
  const outside = decideApp(plan, facts, context);
  const decide = (more: Partial<AppFacts>): Inspection => ({
    decision: decideApp(plan, { ...facts, ...more }, context),
    catalog,
  });
  const problems = outside.problems.filter((problem) => !isLater(problem, isImport));
  if (isDeep && mayEnter(plan, catalog, { problems })) {
    const { name } = plan.database;
    const look = async (session: Session): Promise<InsideFacts> => ({
      ...(await inspectInside(session, { plan, context }, catalog)),
      unlisted: await inspectUnlisted(session.client, plan),
    });
    const read = inside ?? (await server.withDatabase(name, look));
    return { ...decide(read), inside: read };
  }
  if (!isDeep || catalog.databases.has(plan.database.name) || plan.extensions.length === 0) {
    return { decision: outside, catalog };
  }
  return await server.withMaintenance(async ({ client }) =>
    decide({ extensions: await inspectExtensions(client, plan, true) }),
  );
}

/** Throws the error of a preview, with a way to go on where the server cannot be reached. */
export function failPreview(error: unknown): never {
  if (!(error instanceof Unreachable)) throw error;
  const hint = "or, to preview where Postgres cannot be reached, as in CI: BERTH_OFFLINE=true";
  throw new BerthError(error.message, { hint });
}

/** The shared catalog has the stack's own roles. Other roles are read only for an app that adopts them. */
async function inspectStored(server: PostgresServer, plan: DatabasePlan) {
  const { catalog, verifiers } = await server.inspectStack();
  if (verifiers === undefined || !plan.adopt) return verifiers;
  const unread = plan.roles
    .map((role) => role.name)
    .filter((name) => catalog.roles.has(name) && !verifiers.has(name));
  if (unread.length === 0) return verifiers;
  const more = await server.withMaintenance(({ client }) =>
    inspectVerifiers(client, catalog.server, unread),
  );
  return new Map([...verifiers, ...(more ?? [])]);
}

/**
 * Whether the app's data is gone or belongs to somebody else. No run would change that, so a refresh must not
 * report it as drift.
 */
export function isLoss({ code }: PostgresProblem, isKnown: boolean): boolean {
  if (code === "database-other-owner") return isKnown;
  return code === "database-lost" || code === "database-half-dropped";
}

/** Problems that may be gone by the time of `pulumi up`: sessions end, and rights are granted. */
const laterCodes: ReadonlySet<ProblemCode> = new Set([
  "role-is-connected",
  "role-has-dependents",
  "role-gave-to-others",
]);

function isLater({ code }: PostgresProblem, isImport: boolean): boolean {
  const isMissingRight = code === "role-out-of-reach" || code === "group-out-of-reach";
  return laterCodes.has(code) || (isImport && isMissingRight);
}

/** Throws the problems of a decision. Returns what else the operator should know. */
export function requirePossible(
  { problems, adopting, notes, superuser, unstated }: AppDecision,
  isImport = false,
): readonly string[] {
  const now = problems.filter((problem) => !isLater(problem, isImport));
  if (now.length > 0) throw toOneError("Postgres", now);
  const later = problems.map((problem) => `up would refuse: ${describeProblem(problem)}`);
  return [...later, ...adopting, ...notes, ...[...superuser, ...unstated].map(describeProblem)];
}

/** The live roles and database of the app, with the verifiers of its roles if the session may read them. */
export async function inspectOutside(
  { client, server }: Session,
  { plan, context }: Wanted,
  withVerifiers: boolean,
): Promise<AppFacts> {
  const names = plan.roles.map(({ name }) => name);
  const databases = await inspectOwnDatabase(client, plan);
  const owner = databases.get(plan.database.name)?.owner;
  const roles = await inspectRoles(client, [
    context.postgres.ownershipRole,
    ...names,
    ...otherGroupsOf(plan, context.postgres.ownershipRole),
    ...context.formerRoles.map(({ name }) => name),
    ...(owner === undefined ? [] : [owner]),
  ]);
  const stored = withVerifiers ? await inspectVerifiers(client, server, names) : undefined;
  const refusedSettings = withVerifiers ? await trySettings(client, plan) : [];
  return { catalog: { server, roles, databases }, stored, refusedSettings };
}

/** The same after steps: the roles are read again only if a step changed one. */
export async function inspectChanged(
  session: Session,
  request: Wanted,
  before: AppFacts,
  { roles, leaving }: AppDecision["steps"],
): Promise<AppFacts> {
  if (roles.length > 0 || leaving.length > 0) return await inspectOutside(session, request, false);
  const databases = await inspectOwnDatabase(session.client, request.plan);
  return { ...before, catalog: { ...before.catalog, databases } };
}

/** The app's database and its template, those of them that exist. */
async function inspectOwnDatabase(client: Session["client"], { database }: DatabasePlan) {
  const { name, template = "template0" } = database;
  return await inspectDatabases(client, [name, template]);
}

/** What only a session in the app's database can see. */
export async function inspectInside(
  session: Session,
  request: Wanted,
  catalog: Catalog,
): Promise<Pick<AppFacts, "access" | "leaving">> {
  const { plan, context } = request;
  const former = context.formerRoles.map(({ name }) => name);
  const formerSchemas = context.formerRoles.flatMap(({ schemas = [] }) => schemas);
  const scope = { ...plan, schemas: [...new Set([...plan.schemas, ...formerSchemas])] };
  const access = await inspectAccess(session.client, scope, former);
  return { access, ...(await inspectLeaving(session, request, catalog)) };
}

/** What keeps roles that left the entry from being dropped. */
export async function inspectLeaving(
  { client }: Session,
  { plan, context }: Wanted,
  catalog: Catalog,
): Promise<Pick<AppFacts, "leaving">> {
  const { name } = plan.database;
  const { ownershipRole } = context.postgres;
  const actions = decideLeavingRoles(plan, catalog, context);
  const roles = actions.flatMap((action) => (action.kind === "drop-role" ? [action.role] : []));
  if (roles.length === 0) return {};
  const leaving = {
    sessions: await inspectSessions(client, undefined, roles),
    dependents: await inspectDependents(client, name, roles),
    losses: await inspectLosses(client, name, { roles, ownershipRole }),
  };
  return { leaving };
}
