import { toShellWord } from "../../components/command-line.ts";
import { readConfigFile } from "../../components/config/environment.ts";
import { refuseSecretKeys } from "../../components/config/load.ts";
import { parseStack } from "../../components/config/parse.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import { identifyStack } from "../../components/engine/stack-identity.ts";
import { BerthError } from "../../components/errors.ts";
import { readAdminOf } from "../../components/onepassword/admin.ts";
import { listActions } from "../../components/postgres/diff/decide-app.ts";
import { toLiveState } from "../../components/postgres/diff/drift.ts";
import type { AppDatabaseState } from "../../components/postgres/plan/app-properties.ts";
import { toState } from "../../components/postgres/plan/app-state.ts";
import { planDatabases, resourceName } from "../../components/postgres/plan/plan.ts";
import { type PostgresConfig, toPostgresConfig } from "../../components/postgres/server/config.ts";
import { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import { projectFolder } from "../../components/project-folder.ts";
import { parseUrn } from "../../components/urn.ts";
import type { Report } from "../rpc/engine-log.ts";
import { hasSecret, type PropertyMap, toPlain, toPropertyMap } from "../rpc/property-values.ts";
import type { StoredResource } from "../rpc/resource-handler.ts";
import { toFound } from "./changes.ts";
import { inspectRequest, requirePossible } from "./inspect.ts";
import { toPlainRequest } from "./request.ts";

/**
 * `pulumi import berth:postgres:AppDatabase netbox netbox`: the app's entry with what the server has, for
 * state; undefined = there is no such database. Refuses what `up` would not adopt. Changes nothing on the
 * server. Verifiers are left out, because the command prints what it imported; the next `up` sets them.
 */
export async function importApp(
  stackConfig: PropertyMap | undefined,
  resource: StoredResource,
  report: Report,
): Promise<StoredResource | undefined> {
  const { id, urn } = resource;
  if (stackConfig === undefined) {
    const { name } = parseUrn(urn);
    throw new BerthError(`${id}: only the stack file says what app "${name}" is`, {
      hint: `import without --provider, so that the stack file is asked: ${importCommand(name, id)}`,
    });
  }
  const { state, config } = await readStackEntry(stackConfig, resource);
  const server = new PostgresServer(config);
  try {
    const request = toPlainRequest({ state, verifiers: new Map() }, config, false);
    const { decision, catalog } = await inspectRequest(server, request, true, { isImport: true });
    // An import changes nothing, and the next up knows its stack.
    const problems = decision.problems.filter(({ code }) => code !== "stack-unknown");
    const notes = requirePossible({ ...decision, problems }, true);
    if (!catalog.databases.has(state.database.name)) return undefined;
    for (const note of notes) report("warning", urn, note);
    const live = toPropertyMap(toLiveState(state, listActions(decision), catalog));
    const found = { ...live, ...toFound(decision) };
    return { ...resource, inputs: toPropertyMap(state), state: found };
  } finally {
    await server.close();
  }
}

/**
 * Reads the entry of the app that a resource is for, and how to reach its server. The project and the package are both
 * named `berth`, so the engine passes the keys of the stack file to the default provider.
 */
async function readStackEntry(
  config: PropertyMap,
  resource: Pick<StoredResource, "id" | "urn">,
): Promise<{ readonly state: AppDatabaseState; readonly config: PostgresConfig }> {
  const { stack } = parseUrn(resource.urn);
  const secret = Object.keys(config).filter((key) => hasSecret(config[key] ?? null));
  refuseSecretKeys(stack, projectFolder, secret);
  const place = { projectFolder, file: readConfigFile(), env: process.env };
  const spec = identifyStack(parseStack(stack, toStackValues(config)), place);
  const state = findEntry(spec, resource);
  return { state, config: toPostgresConfig(spec.postgres, await readAdminOf(spec.postgres)) };
}

/** The app's entry. Throws if the next `up` would not manage the database as this app. */
function findEntry(
  spec: StackSpec,
  { id, urn }: Pick<StoredResource, "id" | "urn">,
): AppDatabaseState {
  const { name } = parseUrn(urn);
  const all = spec.apps.flatMap((one) =>
    planDatabases(one, spec.postgres).map((plan) => ({ app: one, plan })),
  );
  const found = all.find(({ plan }) => resourceName(plan) === name);
  if (found === undefined) {
    const names = all.map(({ plan }) => resourceName(plan)).join(", ");
    throw new BerthError(`${id}: the stack file has no app "${name}"; its apps are ${names}`, {
      // The default provider and its configuration stay in state from an import to the next up.
      hint: `add the app under berth:apps, then: ${importCommand(name, id)}. If it is there, run pulumi up first: Pulumi still has the stack file of an earlier import`,
    });
  }
  const { app, plan } = found;
  const database = plan.database.name;
  if (database !== id) {
    throw new BerthError(`app ${name}: its database is "${database}", not "${id}"`, {
      hint: `${importCommand(name, database)}, or set berth:apps.${name}.database.name to ${id}`,
    });
  }
  if (app.provisioner !== "berth") {
    const other = app.provisioner === "postgresql" ? "; or run pulumi up, which imports them" : "";
    throw new BerthError(
      `app ${name}: its provisioner is ${app.provisioner}, which has other resources`,
      { hint: `take out "provisioner: ${app.provisioner}"${other}` },
    );
  }
  return toState(plan, spec.postgres.ownershipRole, app.reclaimPolicy);
}

function importCommand(app: string, database: string): string {
  return `pulumi import berth:postgres:AppDatabase ${app} ${toShellWord(database)}`;
}

/** The engine passes structured values as JSON text. */
function toStackValues(config: PropertyMap): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(toPlain(config))
      .filter(([key]) => key !== "version")
      .map(([key, value]) => [
        key,
        typeof value === "string" ? (JSON.parse(value) as unknown) : value,
      ]),
  );
}
