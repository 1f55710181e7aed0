import { BerthError } from "../../components/errors.ts";
import { toLiveState } from "../../components/postgres/diff/drift.ts";
import { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import type { Report } from "../rpc/engine-log.ts";
import type { PropertyMap } from "../rpc/property-values.ts";
import type { StoredResource } from "../rpc/resource-handler.ts";
import { describeDrift } from "./describe-drift.ts";
import { toProperties } from "./inputs.ts";
import { importCommand, readStackEntry } from "./stack-entry.ts";
import { decideRequest } from "./work.ts";

/**
 * `pulumi import berth:postgres:AppDatabase netbox netbox`: what the app's entry asks for and what the
 * server holds of it, for state; undefined = there is no such database. Refuses what `up` would not take
 * over, and changes nothing on the server. The verifiers stay out, since the command prints what it has
 * imported in clear: the next `up` sets them.
 */
export async function importApp(
  stackConfig: PropertyMap | undefined,
  resource: StoredResource,
  report: Report,
): Promise<StoredResource | undefined> {
  const { id, urn } = resource;
  if (stackConfig === undefined) {
    const name = urn.split("::").at(-1) ?? "";
    throw new BerthError(`${id}: only the stack file says what app "${name}" shall be`, {
      hint: `import without --provider, so that the stack file is asked: ${importCommand(name, id)}`,
    });
  }
  const { state, config } = await readStackEntry(stackConfig, resource);
  const server = new PostgresServer(config);
  try {
    const request = {
      state,
      verifiers: new Map<string, string>(),
      newPasswords: new Set<string>(),
      formerRoles: [],
      leftBehind: [],
      isKnown: false,
    };
    const found = await decideRequest(server, request, true, true);
    const { actions, notes, catalog } = found;
    if (!catalog.databases.has(state.database.name)) return undefined;
    for (const note of notes) report("warning", urn, note);
    const live = toProperties(toLiveState(state, actions, catalog));
    const drift = describeDrift(found);
    return {
      ...resource,
      inputs: toProperties(state),
      state: drift.length === 0 ? live : { ...live, drift },
    };
  } finally {
    await server.close();
  }
}
