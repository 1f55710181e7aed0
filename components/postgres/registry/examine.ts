import type { StackSpec } from "../../config/spec.ts";
import { toOneError } from "../../errors.ts";
import type { Credential } from "../../onepassword/credential.ts";
import { inspectAccess, inspectVerifiers } from "../catalog/access.ts";
import { type Catalog, inspectCatalog } from "../catalog/catalog.ts";
import { decideAccess } from "../diff/access.ts";
import type { DatabasePlan, PlannedRole } from "../plan/plan.ts";
import {
  compareStored,
  decideAdoption,
  findEncodingProblem,
  findOutOfReach,
} from "../rules/adoption.ts";
import { decideOwnership } from "../rules/identity.ts";
import {
  findIdentityProblem,
  findOwnershipRoleProblem,
  findPlanProblems,
  findServerProblems,
} from "../rules/server.ts";
import { type SessionTarget, withSession } from "../server/session.ts";
import { describeAction } from "../statements/actions.ts";
import {
  decideRegistryAdoption,
  inspectMemberships,
  inspectUnstatedGrants,
  type UnstatedGrants,
} from "./adoption.ts";
import { inspectContents } from "./contents.ts";

/** What was found out about the server before anything is written to it. */
export interface RegistryFacts {
  /** Whether it is there and is to be imported into the state; a schema is named `database.schema`. */
  readonly exists: (kind: "role" | "database" | "schema", name: string) => boolean;
  /** For the operator to read; none of them stops the run. */
  readonly warnings: readonly string[];
  /**
   * Admin who has no say over what an owner has until it is a member of it; undefined = there is none such:
   * a superuser, or from 16 on, where making a role comes with it.
   */
  readonly actingAdmin?: string | undefined;
}

/** When the server cannot be asked: nothing is known to exist, and the operator is told so. */
export const notInspected: RegistryFacts = {
  exists: () => false,
  warnings: [
    "not compared with the server (BERTH_OFFLINE=true): roles and databases that exist already are shown as new",
  ],
};

/**
 * Asks the server whether it is the right one and what exists on it. Throws one `BerthError` with
 * every reason not to go on; node-postgres' own error when it cannot be reached.
 *
 * @param isPreview A preview may go on without a pinned `system_identifier`; a write may not.
 */
export async function inspectRegistryServer(
  spec: StackSpec,
  plans: readonly DatabasePlan[],
  connection: {
    readonly target: SessionTarget;
    readonly admin: Credential;
    readonly isPreview: boolean;
    /** What a role's verifier shall be. Secret. */
    readonly verifierOf: (app: string, key: string) => string | undefined;
  },
): Promise<RegistryFacts> {
  const { target, admin, isPreview, verifierOf } = connection;
  const names = {
    roles: [spec.postgres.ownershipRole, ...plans.flatMap((plan) => plan.roles.map((r) => r.name))],
    databases: plans.map((plan) => plan.database.name),
  };
  const owners = plans.map((plan) => plan.database.owner);
  const adopting = plans.filter((plan) => plan.adopt);
  const { catalog, stored, memberships } = await withSession(target, admin, async (client) => {
    const found = await inspectCatalog(client, { ...names, roles: [...names.roles, ...owners] });
    const roles = adopting.flatMap((plan) => plan.roles.map((role) => role.name));
    const isReadable = found.server.isSuperuser && roles.length > 0;
    const verifiers = isReadable ? await inspectVerifiers(client, roles) : undefined;
    const held = roles.length > 0 ? await inspectMemberships(client, roles) : [];
    return { catalog: found, stored: verifiers, memberships: held };
  });
  const examination = decideRegistry(spec, plans, catalog, {
    isPreview,
    passwordOf: (app, { key, name }) =>
      compareStored(stored?.get(name), verifierOf(app, key) ?? ""),
  });
  const changes: string[] = [];
  const losses: string[] = [];
  for (const plan of adopting) {
    const inside = await examineInside(plan, catalog, spec, { target, admin });
    const odd = { memberships, grants: inside.grants };
    const decided = decideRegistryAdoption(plan, catalog, odd, spec.postgres.ownershipRole);
    changes.push(...decided.changes, ...inside.changes);
    losses.push(...decided.losses);
  }
  if (losses.length > 0) throw toOneError("Postgres holds what would be lost", losses);
  const contents = await inspectContents(plans, catalog, { target, admin });
  return {
    exists: (kind, name) =>
      kind === "schema" ? contents.schemas.has(name) : examination.exists(kind, name),
    warnings: [...examination.warnings, ...changes, ...contents.warnings],
    actingAdmin: examination.actingAdmin,
  };
}

/** What taking over gives and takes inside a database; later runs repair the same without a word. */
async function examineInside(
  plan: DatabasePlan,
  catalog: Catalog,
  { postgres }: StackSpec,
  { target, admin }: { readonly target: SessionTarget; readonly admin: Credential },
): Promise<{ readonly changes: readonly string[]; readonly grants: UnstatedGrants["grants"] }> {
  const { name } = plan.database;
  const { ownershipRole } = postgres;
  const database = catalog.databases.get(name);
  const isOurs = (role: string): boolean =>
    catalog.roles.get(role)?.memberOf.includes(ownershipRole) !== false;
  if (database === undefined || plan.roles.every((role) => isOurs(role.name))) {
    return { changes: [], grants: [] };
  }
  const inside = { ...target, database: name };
  const { access, grants } = await withSession(inside, admin, async (client) => ({
    access: await inspectAccess(client, plan, []),
    grants: await inspectUnstatedGrants(client, plan),
  }));
  const { server } = catalog;
  const changes = decideAccess(plan, { server, database, access }, [])
    .actions.filter((action) => action.path.startsWith("roles."))
    .map((action) => `adopting: app ${plan.app}: ${describeAction(action)}`);
  return { changes, grants };
}

interface Judgement {
  readonly isPreview: boolean;
  /** What is known of the password that a role has. */
  readonly passwordOf?: (app: string, role: PlannedRole) => ReturnType<typeof compareStored>;
}

/** The same without a server: from the catalog to what to do about it. Pure. */
export function decideRegistry(
  spec: StackSpec,
  plans: readonly DatabasePlan[],
  catalog: Catalog,
  { isPreview, passwordOf }: Judgement,
): RegistryFacts {
  const identity = findIdentityProblem(catalog.server, spec.postgres);
  const isUnpinned = identity !== undefined && spec.postgres.systemIdentifier === undefined;
  const { ownershipRole, stack } = spec.postgres;
  const ownership = findOwnershipRoleProblem(catalog, spec.postgres);
  const owning = decideOwnership(catalog.roles.get(ownershipRole), stack);
  const unfit = [
    ...(identity === undefined || (isUnpinned && isPreview) ? [] : [identity]),
    ...findServerProblems(catalog.server, spec.postgres),
    ...(ownership === undefined ? [] : [ownership]),
  ];
  if (unfit.length > 0) throw toOneError("Postgres", unfit);
  const adoptions = plans.map((plan) =>
    decideAdoption(
      plan,
      catalog,
      spec.postgres,
      passwordOf === undefined ? undefined : (role) => passwordOf(plan.app, role),
    ),
  );
  const unknown = plans.flatMap((plan) => findPlanProblems(plan, catalog.server));
  if (unknown.length > 0) throw toOneError("Postgres", unknown);
  const fixed = plans.flatMap(
    (plan) => findEncodingProblem(plan, catalog.databases.get(plan.database.name)) ?? [],
  );
  if (fixed.length > 0) throw toOneError("Postgres", fixed);
  const problems = [
    ...adoptions.flatMap((adoption) => adoption.problems),
    ...plans.flatMap((plan) => findOutOfReach(plan, catalog, spec.postgres)),
  ];
  if (problems.length > 0) {
    throw toOneError("Postgres holds things that Berth did not make", problems);
  }
  return {
    exists: (kind, name) =>
      kind !== "schema" && (kind === "role" ? catalog.roles : catalog.databases).has(name),
    actingAdmin:
      catalog.server.isSuperuser || catalog.server.versionNumber >= 160_000
        ? undefined
        : catalog.server.admin,
    warnings: [
      ...(isUnpinned ? [identity] : []),
      ...owning.notes,
      ...owning.marks.map(describeAction),
      ...adoptions.flatMap((adoption) => adoption.changes.map((change) => `adopting: ${change}`)),
    ],
  };
}
