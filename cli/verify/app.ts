import { type Client, escapeIdentifier as id } from "pg";
import { eachDatabase } from "../../components/config/databases.ts";
import type { AppSpec, RoleSpec } from "../../components/config/spec.ts";
import { inspectAccess } from "../../components/postgres/catalog/access.ts";
import { inspectSessionRole } from "../../components/postgres/catalog/session/session.ts";
import { withLiveSchemas } from "../../components/postgres/diff/access/decide.ts";
import {
  type DatabasePlan,
  isFurther,
  type PlannedRole,
  PUBLIC_SCHEMA,
  planDatabase,
} from "../../components/postgres/plan/plan.ts";
import { type Check, runUp, toCheck, toFailed, toWarning, type VerifyContext } from "./check.ts";
import { verifyContents, verifyLaterSchemas } from "./contents.ts";
import { type CheckedRole, withGroups } from "./expect-privileges.ts";
import { login, loginOf } from "./login.ts";
import { noteEntered, verifyIsolation, verifyNeighbours } from "./neighbours.ts";
import { verifyDatabase, verifyProbe } from "./objects.ts";
import { createProbe, dropProbe, findLeftProbes, nameProbe, type Probe, toDrops } from "./probe.ts";
import {
  verifyAttributes,
  verifyDatabaseSettings,
  verifyPrivileges,
  verifyUnstated,
} from "./role.ts";
import { verifyOwnership, verifySetRole, verifyUnusedLogins } from "./two-logins.ts";
import { withProbeLogin } from "./vault.ts";

/** Logs in as every role of an app to each of its databases, and tries what its profile allows and what it does not. */
export async function verifyApp(app: AppSpec, context: VerifyContext): Promise<Check[]> {
  const checks: Check[] = [];
  for (const one of eachDatabase(app)) checks.push(...(await verifyDatabaseOf(one, context)));
  return checks;
}

/** One database of an app. What the roles are on the whole server is checked with the first. */
async function verifyDatabaseOf(app: AppSpec, context: VerifyContext): Promise<Check[]> {
  const probes: Probe[] = [];
  const [owner, ...others] = app.roles;
  const stated = planDatabase(app, context.spec.postgres);
  const wanted = withProbeLogin(stated, () => context.credential(owner).username);
  const plan = await withSchemasOfOwner(app, wanted, context);
  const probed = { ...plan, schemas: plan.schemas.slice(0, stated.schemas.length + mostProbed) };
  const checks: Check[] = [];
  /** How the app's roles may enter databases: by database, the statements that end it. */
  const [entered, asMember] = [new Map<string, Set<string>>(), new Set<string>()];
  let publicMayCreate = false;
  const asRole = async (
    role: RoleSpec,
    use: (client: Client, planned: CheckedRole) => Promise<void>,
  ): Promise<void> => {
    const before = checks.length;
    const outcome = await login(app, role, context, async (client) => {
      const { key } = loginOf(role, context);
      for (const one of plan.roles.filter((r) => r.key === key)) {
        const planned = withGroups(plan, one, context.spec.postgres.ownershipRole);
        const found = await inspectSessionRole(client, planned.name, planned.groups);
        noteEntered(entered, found, planned.name, context);
        for (const name of found.mayEnterAsMember) asMember.add(name);
        publicMayCreate ||= found.publicMayCreate;
        if (!isFurther(plan)) {
          checks.push(...verifyAttributes(planned, found, context));
          checks.push(verifyIsolation(app, planned, found, context));
        }
        checks.push(...verifyDatabaseSettings(plan, planned, found));
        checks.push(await verifyPrivileges(client, plan, planned, context.server));
        await use(client, planned);
      }
    });
    checks.splice(before, 0, outcome);
  };
  await asRole(owner, async (client, planned) => {
    checks.push(...(await verifyContents(client, plan, context)));
    checks.push(...(await verifyUnstated(client, stated, context)));
    checks.push(...(await verifySetRole(client, planned)));
    checks.push(...(await verifyLaterSchemas(client, plan)));
    checks.push(...(await verifyOwner(client, probed, planned, probes)));
    checks.push(...(await verifyOwnership(client, plan)));
  });
  if (!isFurther(plan)) checks.push(...(await verifyUnusedLogins(plan, owner, context)));
  try {
    for (const role of others) {
      await asRole(role, async (client, planned) => {
        checks.push(...(await verifyDatabase(client, probed, planned)));
        for (const probe of probes) {
          checks.push(...(await verifyProbe(client, plan, planned, probe)));
        }
      });
    }
  } finally {
    checks.push(...(await dropAllProbes(app, plan, probes, context)));
  }
  checks.push(verifyPublic(app, context, publicMayCreate));
  if (isFurther(plan)) return checks;
  return [...checks, ...verifyNeighbours(app, entered, asMember, context)];
}

/** In a session of the owner; none = all are gone. */
async function dropAllProbes(
  app: AppSpec,
  plan: DatabasePlan,
  probes: readonly Probe[],
  context: VerifyContext,
): Promise<Check[]> {
  if (probes.length === 0) return [];
  const checks: Check[] = [];
  const { ok, detail } = await login(app, app.roles[0], context, async (client) => {
    checks.push(...(await dropProbes(client, plan, probes)));
  });
  return ok ? checks : probes.map((probe) => notDropped(plan, probe, new Error(detail)));
}

/** Schemas in which probes are made, beside those that the entry lists by name. */
const mostProbed = 3;

/** The plan with the live schemas that its patterns stand for. If the owner cannot log in, a check says so later. */
async function withSchemasOfOwner(
  app: AppSpec,
  plan: DatabasePlan,
  context: VerifyContext,
): Promise<DatabasePlan> {
  let whole = plan;
  if (plan.patterns === undefined) return plan;
  await login(app, app.roles[0], context, async (client) => {
    whole = withLiveSchemas(plan, await inspectAccess(client, plan, []));
  });
  return whole;
}

/** Lets the owner create probes, which the other roles then use. Adds them to `made`. */
async function verifyOwner(
  client: Client,
  plan: DatabasePlan,
  owner: PlannedRole,
  made: Probe[],
): Promise<Check[]> {
  const left = await findLeftProbes(client, plan.schemas);
  const checks = await dropProbes(client, plan, left);
  const name = nameProbe();
  for (const schema of plan.schemas) {
    const where = schema === PUBLIC_SCHEMA ? "" : ` in ${schema}`;
    const check = `${owner.name}: can create a table${where}`;
    const probe = { schema, name };
    try {
      await createProbe(client, probe);
      made.push(probe);
      checks.push(toCheck(check, "it worked", []));
    } catch (error) {
      const { name: database, owner: role } = plan.database;
      const grant = `GRANT USAGE, CREATE ON SCHEMA ${id(schema)} TO ${id(role)}`;
      const isRefused = (error as { code?: string }).code === "42501";
      const fix = isRefused ? `as a superuser, in database ${database}: ${grant}` : runUp;
      checks.push(toFailed(check, error, fix));
    }
  }
  return checks;
}

/** Drops probes. Gives a failed check for each that could not be dropped. */
async function dropProbes(
  client: Client,
  plan: DatabasePlan,
  probes: readonly Probe[],
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const probe of probes) {
    await dropProbe(client, probe).catch((error: unknown) => {
      checks.push(notDropped(plan, probe, error));
    });
  }
  return checks;
}

function notDropped({ database }: DatabasePlan, probe: Probe, error: unknown): Check {
  const statements = toDrops(probe).join("; ");
  const fix = `when nobody uses it, as ${database.owner}, in database ${database.name}: ${statements}; or run verify again in an hour, which drops it, too`;
  return toFailed(`${database.owner}: verify drops what it created`, error, fix);
}

/** Checks that PUBLIC, which includes the neighbours' roles, has no privileges. */
function verifyPublic(
  app: AppSpec,
  { openDatabases }: VerifyContext,
  publicMayCreate: boolean,
): Check {
  const { name: database, revokePublic } = app.database;
  const name = `PUBLIC: has no privileges on ${database}`;
  const onDatabase = openDatabases.get(database)?.privileges ?? [];
  const granted = [
    ...(onDatabase.length === 0 ? [] : [`${onDatabase.join(", ")} on database ${database}`]),
    ...(publicMayCreate ? [`CREATE on schema public in ${database}`] : []),
  ];
  const what = `PUBLIC has ${granted.join(" and ")}`;
  if (revokePublic || granted.length === 0) {
    const wrong = granted.length === 0 ? [] : [{ what, fix: runUp }];
    return toCheck(name, `none on database ${database}`, wrong);
  }
  const fix = `to revoke it set berth:apps.${app.name}.database.revokePublic: true`;
  return toWarning(name, `${what}, which the entry keeps`, fix);
}
