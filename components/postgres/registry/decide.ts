import { isRoleBeside } from "../../config/logins.ts";
import type { StackSpec } from "../../config/spec.ts";
import { describeProblem, toOneError } from "../../errors.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { LiveExtension } from "../catalog/extensions.ts";
import { hasContents } from "../diff/contents.ts";
import { type AppContext, type AppDecision, type AppFacts, decideApp } from "../diff/decide-app.ts";
import type { DatabasePlan } from "../plan/plan.ts";
import type { PostgresProblem } from "../rules/problem.ts";
import { decideOwnership } from "../rules/roles/identity.ts";
import { findIdentityProblem, findServerProblems } from "../rules/server.ts";
import { describeAction } from "../statements/actions.ts";
import { decideRegistryAdoption, type UnstatedGrant } from "./adoption.ts";

/** What was read, of all plans. Only the catalog is required; it has the groups of the roles that are adopted. */
export interface RegistryFacts extends Pick<AppFacts, "catalog" | "stored" | "refusedSettings"> {
  /** By app. */
  readonly insides?: ReadonlyMap<string, RegistryInside>;
}

/** Contents of an app's database, or what the server could create in it. */
export interface RegistryInside extends Pick<AppFacts, "access" | "extensions"> {
  /** Only of an app that adopts roles. */
  readonly grants?: readonly UnstatedGrant[];
}

/** What a run must know about the server before it writes. */
export interface RegistryDecision {
  /** Whether it exists and must be imported. A schema is named `database.schema`. */
  readonly exists: (kind: "role" | "database" | "schema", name: string) => boolean;
  /** Shown to the operator. None of them stops the run. */
  readonly warnings: readonly string[];
  /**
   * Admin that must become a member of each owner, to SET ROLE to it. undefined = not needed: the admin is a
   * superuser, or (from 16 on) the membership comes with the role that it creates.
   */
  readonly actingAdmin?: string | undefined;
}

/** For a server that cannot be read: nothing is known to exist, and a warning says so. */
export const notInspected: RegistryDecision = {
  exists: () => false,
  warnings: [
    "not compared with the server (BERTH_OFFLINE=true): roles and databases that exist already are shown as new",
  ],
};

interface RegistryContext {
  /** A preview may run without a pinned `system_identifier`; a write may not. */
  readonly isPreview: boolean;
  /** By app and by the role's key. Secret. */
  readonly verifiers?: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Decides about all apps. Pure. Throws one error with every reason not to go on. */
export function decideRegistry(
  { postgres, apps: all }: StackSpec,
  plans: readonly DatabasePlan[],
  facts: RegistryFacts,
  { isPreview, verifiers }: RegistryContext,
): RegistryDecision {
  const { catalog, insides } = facts;
  const { server, roles, databases } = catalog;
  const identity = findIdentityProblem(server, postgres);
  const isUnpinned = isPreview && identity?.code === "server-not-pinned";
  const apps = plans.map((plan) =>
    decidePlan(plan, facts, {
      postgres,
      isToCome: isRoleBeside(plan.app, all),
      verifiers: verifiers?.get(plan.app) ?? new Map<string, string>(),
    }),
  );
  const problems = [
    ...(identity === undefined || isUnpinned ? [] : [identity]),
    ...findServerProblems(server, postgres),
    ...apps.flatMap((app) => app.problems),
  ];
  if (problems.length > 0) throw toOneError("Postgres", problems);
  const schemas = new Set(
    plans.filter(hasContents).flatMap(({ app, database }) => {
      const objects = insides?.get(app)?.access?.objects ?? [];
      const found = objects.filter(({ type }) => type === "schema");
      return found.map(({ schema }) => `${database.name}.${schema}`);
    }),
  );
  const existing = { role: roles, database: databases, schema: schemas };
  const isActing = server.isSuperuser || server.versionNumber >= 160_000;
  return {
    exists: (kind, name) => existing[kind].has(name),
    actingAdmin: isActing ? undefined : server.admin,
    warnings: [
      ...(isUnpinned ? [describeProblem(identity)] : []),
      ...decideOwnership(roles.get(postgres.ownershipRole), postgres.stack).actions.map(
        describeAction,
      ),
      // All apps have the same warnings about the stack.
      ...new Set(apps.flatMap((app) => app.warnings)),
    ],
  };
}

/** Whether an app adopts roles that the stack did not create. */
export function adoptsRoles(
  plan: DatabasePlan,
  { roles }: Catalog,
  ownershipRole: string,
): boolean {
  const isOurs = (name: string) => roles.get(name)?.memberOf.includes(ownershipRole) !== false;
  return plan.adopt && !plan.roles.every(({ name }) => isOurs(name));
}

function decidePlan(
  plan: DatabasePlan,
  { catalog, stored, refusedSettings, insides }: RegistryFacts,
  context: AppContext & Pick<StackSpec, "postgres">,
): { readonly problems: readonly PostgresProblem[]; readonly warnings: readonly string[] } {
  const { ownershipRole } = context.postgres;
  const { access, extensions, grants = [] } = insides?.get(plan.app) ?? {};
  const facts = { catalog, stored, access, extensions, refusedSettings };
  const decision: AppDecision = decideApp(plan, facts, context);
  const superuser = decision.superuser.map(describeProblem);
  const { adopting } = decision;
  const problems = [
    ...decision.problems,
    ...findUnlistedExtensions(plan, access?.extensions ?? extensions ?? []),
    ...findOtherProvider(plan, decision),
    // Their resources would fail halfway.
    ...decision.superuser.filter(
      ({ code }) => code === "replication-needs-superuser" || code === "role-above-admin",
    ),
  ];
  if (!plan.adopt) return { problems, warnings: [...adopting, ...superuser] };
  const { changes, losses } = decideRegistryAdoption(plan, catalog, grants, ownershipRole);
  // Later runs make the same repairs without a warning.
  const inside =
    access === undefined || !adoptsRoles(plan, catalog, ownershipRole)
      ? []
      : decision.steps.inside.filter(({ path }) => path.startsWith("roles."));
  const given = inside.map((action) => `adopting: app ${plan.app}: ${describeAction(action)}`);
  return {
    problems: [...problems, ...losses],
    warnings: [...adopting, ...changes, ...given, ...superuser],
  };
}

/** The registry's resources cannot say which provider the locale of a new database has. */
function findOtherProvider(
  { app, database }: DatabasePlan,
  { steps }: AppDecision,
): readonly PostgresProblem[] {
  if (!steps.database.some((one) => one.kind === "create-database" && one.withLibc === true)) {
    return [];
  }
  const { template = "template0" } = database;
  return [
    {
      code: "registry-would-lose",
      app,
      at: "provisioner",
      what: `provisioner postgresql would make database "${database.name}" with the provider of ${template}'s locale, which is not libc`,
      fix: `set berth:apps.${app}.provisioner to berth`,
    },
  ];
}

/** The registry's resources make what the entry lists, in that order, and each as the admin. */
function findUnlistedExtensions(
  { app, extensions }: DatabasePlan,
  found: readonly LiveExtension[],
): readonly PostgresProblem[] {
  return extensions.flatMap(({ name }, place) => {
    const live = found.find((one) => one.name === name);
    const earlier = extensions.slice(0, place).map((one) => one.name);
    const missing = (live?.requires ?? []).filter((need) => !earlier.includes(need));
    if (live?.installedVersion !== null || missing.length === 0) return [];
    return [
      {
        code: "extension-needs-other",
        app,
        at: "extensions",
        what: `extension "${name}" (berth:apps.${app}.database.extensions) needs ${missing.join(", ")}, which provisioner postgresql makes only if it is listed before`,
        fix: "list that before it",
      } as const,
    ];
  });
}
