import { inspectVerifiers } from "../../components/postgres/catalog/access.ts";
import type { DatabasePlan } from "../../components/postgres/plan/plan.ts";
import type { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import type { StoredVerifiers } from "./app-request.ts";

/** The survey has those of the stack's own roles; the others are read only for an app that takes them over. */
export async function readStored(
  server: PostgresServer,
  plan: DatabasePlan,
): Promise<StoredVerifiers> {
  const { catalog, verifiers } = await server.inspectStack();
  if (verifiers === undefined || !plan.adopt) return verifiers;
  const unread = plan.roles
    .map((role) => role.name)
    .filter((name) => catalog.roles.has(name) && !verifiers.has(name));
  if (unread.length === 0) return verifiers;
  const more = await server.withMaintenance(({ client }) => inspectVerifiers(client, unread));
  return new Map([...verifiers, ...more]);
}
