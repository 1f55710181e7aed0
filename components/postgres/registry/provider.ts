import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { isPgPassword } from "../../config/environment.ts";
import type { PostgresSpec } from "../../config/spec.ts";
import type { Credential } from "../../onepassword/credential.ts";

/**
 * The registry's `postgresql` provider, set up so that its known traps do not bite:
 * `maxConnections: 0`, because its pool deadlocks once 20 databases are made in parallel;
 * `connectTimeout`, because one silent connection blocks the process for 180 s by default;
 * `superuser: false`, because it would otherwise read password hashes and fail without a superuser.
 */
export function createRegistryProvider(
  name: string,
  postgres: PostgresSpec,
  admin: Credential,
): postgresql.Provider {
  const { endpoint, tls } = postgres;
  const password = admin.revealPassword();
  return new postgresql.Provider(name, {
    ...(endpoint.kind === "direct"
      ? { host: endpoint.host, port: endpoint.port }
      : { host: "127.0.0.1", port: endpoint.localPort }),
    database: postgres.maintenanceDatabase,
    username: admin.username,
    // An input stands in state and in verbose logs; the plugin also looks into its environment, which is this one.
    ...(isPgPassword(password) ? {} : { password: pulumi.secret(password) }),
    sslmode: tls.mode,
    ...(tls.caFile === undefined ? {} : { sslrootcert: tls.caFile }),
    superuser: false,
    maxConnections: 0,
    connectTimeout: 10,
  });
}
