import type { LiveInside } from "../catalog/access.ts";
import type { ServerFacts } from "../catalog/catalog.ts";
import type { LiveExtension } from "../catalog/extensions.ts";
import type { DatabasePlan } from "../plan/plan.ts";

/** Contents of a new database. An extension that is not among those of the server is assumed to be available. */
export function toNewInside(
  plan: DatabasePlan,
  server: ServerFacts,
  extensions: readonly LiveExtension[],
): LiveInside {
  const { name, owner, encoding, connectionLimit } = plan.database;
  const isOpen = server.versionNumber < 150_000;
  return {
    server,
    database: {
      name,
      owner,
      encoding,
      connectionLimit,
      allowsConnections: true,
      privileges: ["PUBLIC=CONNECT", "PUBLIC=TEMPORARY"],
    },
    access: {
      defaults: [],
      extensions,
      objects: [
        {
          type: "schema",
          schema: "public",
          name: "public",
          owner: isOpen ? "postgres" : "pg_database_owner",
          privileges: ["public=USAGE", ...(isOpen ? ["public=CREATE"] : [])],
        },
      ],
    },
  };
}
