import pLimit from "p-limit";
import type { AppSpec, StackSpec } from "../../../components/config/spec.ts";
import { loadIdentifiedStack } from "../../../components/engine/stack-identity.ts";
import { toOneError } from "../../../components/errors.ts";
import { readAdminOf } from "../../../components/onepassword/admin.ts";
import type { Credential } from "../../../components/onepassword/credential.ts";
import { inspectAccess } from "../../../components/postgres/catalog/access.ts";
import { type Catalog, inspectCatalog } from "../../../components/postgres/catalog/catalog.ts";
import { inspectUnlisted } from "../../../components/postgres/catalog/unlisted.ts";
import {
  type AppDecision,
  decideApp,
  mayEnter,
} from "../../../components/postgres/diff/decide-app.ts";
import { type DatabasePlan, planDatabases } from "../../../components/postgres/plan/plan.ts";
import { withOwnershipRole } from "../../../components/postgres/rules/roles/identity.ts";
import { findOtherServer } from "../../../components/postgres/rules/server.ts";
import { withServer } from "../../../components/postgres/server/reach.ts";
import { type ServerTarget, withSession } from "../../../components/postgres/server/session.ts";
import { projectFolder } from "../../../components/project-folder.ts";

/** What was read of the server. Nothing in it is secret: verifiers are not read. */
export interface LiveStack {
  readonly endpoint: string;
  readonly catalog: Catalog;
  /** What a run would do about each database, by app. Passwords are not compared. */
  readonly decisions: ReadonlyMap<string, readonly AppDecision[]>;
}

/** Databases that are read at a time. */
const concurrency = 3;

/** Loads a stack and reads its server. Changes nothing. Returns the stack with its ownership role on the server. */
export async function loadLiveStack(
  stack: string,
  file: string | undefined,
): Promise<{ readonly spec: StackSpec; readonly live: LiveStack }> {
  const loaded = loadIdentifiedStack(stack, projectFolder, file);
  const admin = await readAdminOf(loaded.postgres);
  return await withServer(loaded.postgres, (target) => inspectStack(loaded, target, admin));
}

export async function inspectStack(
  loaded: StackSpec,
  target: ServerTarget,
  admin: Credential,
): Promise<{ readonly spec: StackSpec; readonly live: LiveStack }> {
  const database = loaded.postgres.maintenanceDatabase;
  const catalog = await withSession({ ...target, database }, admin, (client) =>
    inspectCatalog(client),
  );
  const spec = withOwnershipRole(loaded, catalog.roles.values());
  const other = findOtherServer(catalog.server, spec.postgres);
  if (other !== undefined) throw toOneError("Postgres", [other]);
  const { postgres } = spec;
  const decideDatabase = async (plan: DatabasePlan): Promise<AppDecision> => {
    const outside = decideApp(plan, { catalog }, { postgres });
    if (!mayEnter(plan, catalog, outside)) return outside;
    const inside = { ...target, database: plan.database.name };
    const facts = await withSession(inside, admin, async (client) => ({
      access: await inspectAccess(client, plan, []),
      unlisted: await inspectUnlisted(client, plan),
    }));
    return decideApp(plan, { catalog, ...facts }, { postgres });
  };
  const limit = pLimit(concurrency);
  const decideAll = async (app: AppSpec) => {
    const plans = planDatabases(app, postgres);
    const all = plans.map((plan) => limit(() => decideDatabase(plan)));
    return [app.name, await Promise.all(all)] as const;
  };
  const decisions = await Promise.all(spec.apps.map(decideAll));
  const endpoint = target.endpoint.description;
  return { spec, live: { endpoint, catalog, decisions: new Map(decisions) } };
}
