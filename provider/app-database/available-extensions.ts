import { toOneError } from "../../components/errors.ts";
import type { Catalog } from "../../components/postgres/catalog/catalog.ts";
import {
  asNotInstalled,
  inspectExtensions,
  type LiveExtension,
} from "../../components/postgres/catalog/extensions.ts";
import { decideContents } from "../../components/postgres/diff/contents.ts";
import type { DatabasePlan } from "../../components/postgres/plan/plan.ts";
import type { Session } from "../../components/postgres/server/pool.ts";
import type { PostgresServer } from "../../components/postgres/server/postgres-server.ts";

/** Extensions of a database that is yet to be made, asked for in the maintenance database. */

/** What the server could make of the extensions that a new database shall have. */
export async function inspectAvailableExtensions(
  server: PostgresServer,
  { extensions }: DatabasePlan,
): Promise<readonly LiveExtension[]> {
  if (extensions.length === 0) return [];
  const found = await server.withMaintenance(({ client }) => inspectExtensions(client, extensions));
  return found.map(asNotInstalled);
}

/** Throws for what a new database could never get, before it is made. */
export async function requireNewDatabase(
  session: Session,
  plan: DatabasePlan,
  catalog: Catalog,
): Promise<void> {
  const found = await inspectExtensions(session.client, plan.extensions);
  const extensions = found.map(asNotInstalled);
  const { problems } = decideContents(plan, catalog.server, { objects: [], extensions });
  if (problems.length > 0) throw toOneError("Postgres", problems);
}
