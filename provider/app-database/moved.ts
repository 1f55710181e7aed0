import { inspectRoles } from "../../components/postgres/catalog/catalog.ts";
import { sortFormerRoles } from "../../components/postgres/diff/retirement.ts";
import { retire } from "../../components/postgres/diff/roles.ts";
import type { AppDatabaseState } from "../../components/postgres/plan/app-state.ts";
import { type FormerRole } from "../../components/postgres/plan/former-role.ts";
import type { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import { describeAction } from "../../components/postgres/statements/actions.ts";
import { hiddenVerifiers } from "../../components/postgres/statements/sql.ts";
import type { StoredResource } from "../rpc/resource-handler.ts";
import { parseLeaving } from "./inputs.ts";

/**
 * The roles that left an entry in the run that gave its database another name: what makes the resource
 * anew knows nothing of them. The former owner stays as it is, like its database.
 *
 * @param kept All roles of the program; undefined = the app left it, and nothing is done about its roles.
 */
export function findFormer(
  { state: stored }: Pick<StoredResource, "state">,
  state: AppDatabaseState,
  kept: ReadonlySet<string> | undefined,
): readonly FormerRole[] {
  if (kept === undefined) return [];
  const before = Object.entries(state.roles)
    .filter(([, { profile }]) => profile !== "owner")
    .map(([key, { name }]) => ({ key, name }));
  return [...before, ...parseLeaving(stored)].filter(({ name }) => !kept.has(name));
}

/** Shuts them out, as a change of an entry does. Returns what was done and what was left alone. */
export async function shutOut(
  server: PostgresServer,
  { app, roles }: AppDatabaseState,
  former: readonly FormerRole[],
): Promise<readonly string[]> {
  const { ownershipRole } = server.config;
  const names = former.map(({ name }) => name);
  return await server.write(() =>
    server.withMaintenance(async (session) => {
      const found = await inspectRoles(session.client, names);
      const catalog = { server: session.server, roles: found, databases: new Map() };
      const { formerRoles, notes } = sortFormerRoles(app, former, catalog, server.config);
      const actions = formerRoles.flatMap((role) => retire(role, catalog, ownershipRole));
      const owner = roles["owner"]?.name ?? "";
      const work = { app, owner, verifiers: hiddenVerifiers, onDone: () => undefined };
      await server.runTogether(session, actions, work);
      return [...notes, ...actions.map((action) => `app ${app}: ${describeAction(action)}`)];
    }),
  );
}
