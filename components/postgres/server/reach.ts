import { describeAdminItem, type PostgresSpec } from "../../config/spec/postgres.ts";
import { type EndpointOptions, openEndpoint } from "../../tunnel/endpoint.ts";
import type { PostgresConfig } from "./config.ts";
import type { ServerTarget } from "./session.ts";
import { pgTlsOptions } from "./tls.ts";

/** A server, from the stack file or from the provider's configuration. */
type Address =
  | Pick<PostgresSpec, "endpoint" | "tls" | "admin" | "adminUser">
  | Pick<PostgresConfig, "endpoint" | "tls" | "adminItem">;

/** Opens the way to a server. The caller closes the endpoint. */
export async function reachServer(
  address: Address,
  options: EndpointOptions = {},
): Promise<ServerTarget> {
  // First, because a CA file that cannot be read should fail before a tunnel opens.
  const tls = pgTlsOptions(address.tls);
  const item = "adminItem" in address ? address.adminItem : describeAdminItem(address);
  return { endpoint: await openEndpoint(address.endpoint, address.tls, options), tls, item };
}

/** The same, and closes the endpoint after `use`. */
export async function withServer<T>(
  address: Address,
  use: (server: ServerTarget) => Promise<T>,
): Promise<T> {
  const server = await reachServer(address);
  try {
    return await use(server);
  } finally {
    await server.endpoint.close();
  }
}
