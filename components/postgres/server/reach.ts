import type { ItemRef, PostgresSpec } from "../../config/spec.ts";
import { type EndpointOptions, openEndpoint } from "../../tunnel/endpoint.ts";
import type { PostgresConfig } from "./config.ts";
import type { ServerTarget } from "./session.ts";
import { pgTlsOptions } from "./tls.ts";

/** A server as the stack file or the provider's configuration says it. */
type Address =
  | Pick<PostgresSpec, "endpoint" | "tls" | "admin">
  | Pick<PostgresConfig, "endpoint" | "tls" | "adminItem">;

/** Opens the way to a server; the caller closes its endpoint. */
export async function reachServer(
  address: Address,
  options: EndpointOptions = {},
): Promise<ServerTarget> {
  // First, as a CA that cannot be read needs no tunnel.
  const tls = pgTlsOptions(address.tls);
  const item = "adminItem" in address ? address.adminItem : describeItem(address.admin);
  return { endpoint: await openEndpoint(address.endpoint, address.tls, options), tls, item };
}

/** The same for the time of `use`. */
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

/** A 1Password item in a message. */
export function describeItem({ vault, item }: ItemRef): string {
  return `${vault}/${item}`;
}
