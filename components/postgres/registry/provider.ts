import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { isPgPassword } from "../../config/environment.ts";
import type { PostgresSpec } from "../../config/spec/postgres.ts";
import type { Credential } from "../../onepassword/credential.ts";

/**
 * The registry's `postgresql` provider, with settings that avoid its known faults.
 * `maxConnections: 0`: its pool deadlocks if 20 databases are created in parallel.
 * `connectTimeout`: the default blocks the process for 180 s on one silent connection.
 * `superuser: false`: otherwise it reads password hashes, and fails without a superuser.
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
    // An input is in state and in verbose logs. The plugin also reads this process's environment.
    ...(password === "" || isPgPassword(password) ? {} : { password: pulumi.secret(password) }),
    sslmode: tls.mode,
    ...(tls.caFile === undefined ? {} : { sslrootcert: tls.caFile }),
    ...(tls.client === undefined
      ? {}
      : { clientcert: { cert: tls.client.certFile, key: tls.client.keyFile } }),
    superuser: false,
    maxConnections: 0,
    connectTimeout: 10,
  });
}
