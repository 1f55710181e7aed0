import { type Client, escapeIdentifier } from "pg";
import type { AppSpec, RoleSpec } from "../../components/config/spec.ts";
import { inspectSessionRole } from "../../components/postgres/catalog/catalog.ts";
import {
  type DatabasePlan,
  type PlannedRole,
  PUBLIC_SCHEMA,
  planDatabase,
} from "../../components/postgres/plan/plan.ts";
import type { Check, VerifyContext } from "./check.ts";
import { type CheckedRole, withGroups } from "./expect-privileges.ts";
import { login, loginOf } from "./login.ts";
import { verifyDatabase, verifyProbe } from "./objects.ts";
import { createProbe, dropProbe, findLeftProbes, nameProbe, type Probe, toDrops } from "./probe.ts";
import {
  verifyAttributes,
  verifyContents,
  verifyDatabaseSettings,
  verifyIsolation,
  verifyPrivileges,
} from "./role.ts";
import { verifyOwnership, verifySetRole, verifyUnusedLogins } from "./two-logins.ts";
import { withProbeLogin } from "./vault.ts";

/** Logs in as every role of an app, and tries what its profile allows and what it does not. */
export async function verifyApp(app: AppSpec, context: VerifyContext): Promise<Check[]> {
  const probes: Probe[] = [];
  const [owner, ...others] = app.roles;
  const plan = withProbeLogin(
    planDatabase(app, context.spec.postgres),
    () => context.credential(owner).username,
  );
  const checks: Check[] = [];
  const reached = { entered: new Set<string>(), asMember: new Set<string>() };
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
        for (const name of found.mayEnter) reached.entered.add(name);
        for (const name of found.mayEnterAsMember) reached.asMember.add(name);
        publicMayCreate ||= found.publicMayCreate;
        checks.push(...verifyAttributes(planned, found));
        checks.push(...verifyDatabaseSettings(plan, planned, found));
        checks.push(await verifyPrivileges(client, plan, planned));
        checks.push(verifyIsolation(app, planned, found, context));
        await use(client, planned);
      }
    });
    checks.splice(before, 0, outcome);
  };
  await asRole(owner, async (client, planned) => {
    checks.push(...(await verifyContents(client, plan)));
    checks.push(...(await verifySetRole(client, planned)));
    checks.push(...(await verifyOwner(client, plan, planned, probes)));
    checks.push(...(await verifyOwnership(client, plan)));
  });
  checks.push(...(await verifyUnusedLogins(plan, owner, context)));
  try {
    for (const role of others) {
      await asRole(role, async (client, planned) => {
        checks.push(...(await verifyDatabase(client, plan, planned)));
        for (const probe of probes) {
          checks.push(...(await verifyProbe(client, plan, planned, probe)));
        }
      });
    }
  } finally {
    if (probes.length > 0) {
      const outcome = await login(app, owner, context, async (client) => {
        checks.push(...(await dropProbes(client, plan, probes)));
      });
      if (!outcome.ok)
        checks.push(...probes.map((probe) => notDropped(plan, probe, outcome.detail)));
    }
  }
  const ofPublic = verifyPublic(app, context, publicMayCreate);
  return [...checks, ofPublic, ...verifyNeighbours(app, reached, context)];
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
    const check = { name: `${owner.name}: can create a table${where}`, ok: true };
    const probe = { schema, name };
    try {
      await createProbe(client, probe);
      made.push(probe);
      checks.push({ ...check, detail: "it worked" });
    } catch (error) {
      checks.push({ ...check, ok: false, detail: String(error) });
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
      checks.push(notDropped(plan, probe, String(error)));
    });
  }
  return checks;
}

function notDropped({ database }: DatabasePlan, probe: Probe, why: string): Check {
  return {
    name: `${database.owner}: verify drops what it created`,
    ok: false,
    detail: `${why}; when nobody uses it, run as ${database.owner} in ${database.name}: ${toDrops(probe).join("; ")}; or run verify again in an hour, which drops it, too`,
  };
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
  if (granted.length === 0) return { name, ok: true, detail: `none on database ${database}` };
  const detail = `PUBLIC has ${granted.join(" and ")}`;
  if (revokePublic) return { name, ok: false, detail };
  const hint = `which the entry keeps; to revoke it set berth:apps.${app.name}.database.revokePublic: true`;
  return { name, ok: true, warning: true, detail: `${detail}, ${hint}` };
}

function verifyNeighbours(
  app: AppSpec,
  {
    entered,
    asMember,
  }: { readonly entered: ReadonlySet<string>; readonly asMember: ReadonlySet<string> },
  { spec, openDatabases, traces }: VerifyContext,
): Check[] {
  const apps = new Set(spec.apps.map((other) => other.database.name));
  const own = new Set(["postgres", "template1", spec.postgres.maintenanceDatabase]);
  const neighbours = [...entered].filter((name) => !apps.has(name) && !own.has(name)).toSorted();
  return [
    {
      name: "neighbours untouched",
      ok: traces.length === 0,
      detail:
        traces.length === 0
          ? `the app has no privileges on ${spec.postgres.reserved.join(", ") || "reserved names (none are listed)"}`
          : traces.join("; "),
    },
    ...neighbours.map((name) => {
      const open = openDatabases.get(name);
      const isOpen = open?.privileges.includes("CONNECT") === true;
      return verifyNeighbour(app, name, {
        owner: isOpen ? open.owner : undefined,
        isStated: asMember.has(name),
      });
    }),
  ];
}

/** By default PUBLIC may connect to every database. Only the neighbour's owner may change that. */
function verifyNeighbour(
  app: AppSpec,
  database: string,
  { owner, isStated }: { readonly owner: string | undefined; readonly isStated: boolean },
): Check {
  const name = `neighbour ${database}`;
  if (isStated) {
    const detail = `app ${app.name} may connect to it, as the memberOf of its entry says`;
    return { name, ok: true, warning: true, detail };
  }
  if (owner === undefined) {
    return {
      name,
      ok: false,
      detail: `app ${app.name} may connect to it, and not through PUBLIC; revoke the grant or membership that allows it`,
    };
  }
  return {
    name,
    ok: true,
    warning: true,
    detail: `PUBLIC may connect to it, and so may this app. Its owner "${owner}" can revoke that: REVOKE CONNECT ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC;`,
  };
}
