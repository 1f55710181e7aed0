import { inspectVerifiers } from "../components/postgres/inspect-access.ts";
import type { DatabasePlan } from "../components/postgres/plan.ts";
import type { AppRequest } from "./app-database-work.ts";
import type { PostgresServer } from "./postgres-server.ts";

/** Verifiers that the server holds, by the role's name; undefined = only a superuser may see them. Secret. */
type StoredVerifiers = ReadonlyMap<string, string | null> | undefined;

/** What the catalog cannot tell. */
export interface RoleContext {
  readonly request: AppRequest;
  readonly server: PostgresServer;
  readonly stored: StoredVerifiers;
}

/** The survey has those of the stack's own roles; the others are read only for an app that takes them over. */
export async function readStored(
  server: PostgresServer,
  plan: DatabasePlan,
): Promise<StoredVerifiers> {
  const { catalog, verifiers } = await server.survey();
  if (verifiers === undefined || !plan.adopt) return verifiers;
  const unread = plan.roles
    .map((role) => role.name)
    .filter((name) => catalog.roles.has(name) && !verifiers.has(name));
  if (unread.length === 0) return verifiers;
  const more = await server.withMaintenance(({ client }) => inspectVerifiers(client, unread));
  return new Map([...verifiers, ...more]);
}
