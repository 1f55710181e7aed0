import type { PostgresSpec } from "../../components/config/spec/postgres.ts";
import type { StackSpec } from "../../components/config/spec.ts";
import type { Credential } from "../../components/onepassword/credential.ts";
import { inspectOwnershipRoles } from "../../components/postgres/catalog/catalog.ts";
import { withOwnershipRole } from "../../components/postgres/rules/roles/identity.ts";
import { toPostgresConfig } from "../../components/postgres/server/config.ts";
import { PostgresServer } from "../../components/postgres/server/postgres-server.ts";
import { type ServerTarget, withSession } from "../../components/postgres/server/session.ts";

/** Runs work under the run lock, on the server that the stack pins. */
export async function writeAs<T>(
  admin: Credential,
  { spec, target }: { readonly spec: StackSpec; readonly target: ServerTarget },
  use: (server: PostgresServer, postgres: PostgresSpec) => Promise<T>,
): Promise<T> {
  const database = spec.postgres.maintenanceDatabase;
  const roles = await withSession({ ...target, database }, admin, inspectOwnershipRoles);
  const { postgres } = withOwnershipRole(spec, roles);
  const server = new PostgresServer(toPostgresConfig(postgres, admin));
  try {
    return await server.write(() => use(server, postgres));
  } finally {
    await server.close();
  }
}
