import { once } from "node:events";
import net from "node:net";
import type { Duplex } from "node:stream";
import { toShellWord } from "../command-line.ts";
import type { EndpointSpec, TlsSpec } from "../config/spec/postgres.ts";
import type { BerthError } from "../errors.ts";
import { openPortForward, type PortForwardOptions } from "./port-forward.ts";

/**
 * How Postgres is reached. A direct connection and a port-forward have the same type, so callers need not know
 * which one it is.
 */
export interface Endpoint {
  /** For node-postgres' `host` and for the registry's provider. */
  readonly host: string;
  /** Through a tunnel it answers only if the endpoint was opened with `listens`. */
  readonly port: number;
  /** Name that the server's certificate must have. */
  readonly serverName: string;
  /** For messages: `svc/postgres-postgresql:5432 in db-postgres (context X)`. */
  readonly description: string;
  /** Command that tests the connection by hand. */
  readonly testCommand: string;
  /** A new open connection. It keeps the process alive until it is closed. */
  connect(): Promise<Duplex>;
  /** For node-postgres: `new Client({ stream: () => endpoint.stream(), … })`; needs no local port. */
  stream(): Duplex;
  /** Why the newest connection through the tunnel failed. A client of the local port cannot see it. */
  lastFailure(): BerthError | undefined;
  /** Ends all its connections and frees the local port. */
  close(): Promise<void>;
}

/** How an endpoint is opened. */
export interface EndpointOptions extends PortForwardOptions {
  /**
   * Serve the local port, for other clients: the registry's provider, psql.
   *
   * @default false - connections only through `connect()` and `stream()`
   */
  readonly listens?: boolean;
}

/** Opens the way to Postgres. A direct endpoint opens nothing, so nothing fails before the first connection. */
export async function openEndpoint(
  spec: EndpointSpec,
  tls: TlsSpec,
  options: EndpointOptions = {},
): Promise<Endpoint> {
  switch (spec.kind) {
    case "direct":
      return createDirectEndpoint(spec, tls);
    case "kubernetes":
      return await openKubernetesEndpoint(spec, tls, options);
  }
}

const connectTimeoutMs = 9_000;

function createDirectEndpoint(
  spec: Extract<EndpointSpec, { kind: "direct" }>,
  tls: TlsSpec,
): Endpoint {
  const { host, port } = spec;
  const sockets = new Set<net.Socket>();
  const create = (): net.Socket => {
    const socket = new net.Socket();
    sockets.add(socket);
    return socket.once("close", () => sockets.delete(socket));
  };
  return {
    host,
    port,
    serverName: tls.serverName,
    description: `${host}:${String(port)}`,
    testCommand: `pg_isready -h ${toShellWord(host)} -p ${String(port)}`,
    connect: async () => {
      const socket = create().connect(port, host).setNoDelay(true);
      const timer = setTimeout(() => {
        const seconds = String(connectTimeoutMs / 1000);
        const late = new Error(`connect to ${host}:${String(port)} timed out after ${seconds} s`);
        socket.destroy(Object.assign(late, { code: "ETIMEDOUT" }));
      }, connectTimeoutMs);
      try {
        await once(socket, "connect");
      } finally {
        clearTimeout(timer);
      }
      return socket;
    },
    stream: create,
    lastFailure: () => undefined,
    close: async () => {
      const open = [...sockets].filter((socket) => !socket.destroyed);
      const closed = open.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
      for (const socket of open) socket.destroy();
      await Promise.all(closed);
    },
  };
}

async function openKubernetesEndpoint(
  spec: Extract<EndpointSpec, { kind: "kubernetes" }>,
  tls: TlsSpec,
  options: EndpointOptions,
): Promise<Endpoint> {
  const forward = await openPortForward(spec, spec, options);
  if (options.listens === true) {
    try {
      await forward.listen(spec.localPort);
    } catch (error) {
      await forward.close();
      throw error;
    }
  }
  const { context } = forward;
  const { kind, name } = spec.target;
  const thing = { service: `svc/${name}`, pod: `pod/${name}`, selector: `pods -l ${name}` }[kind];
  const port = String(spec.port);
  const ports = `${String(spec.localPort)}:${port}`;
  return {
    host: "127.0.0.1",
    port: spec.localPort,
    serverName: tls.serverName,
    description: `${thing}:${port} in ${spec.namespace} (context ${context.name})`,
    testCommand:
      kind === "selector"
        ? `${context.kubectl} -n ${spec.namespace} get ${thing}`
        : `${context.kubectl} -n ${spec.namespace} port-forward ${thing} ${ports}`,
    connect: forward.connect,
    stream: forward.stream,
    lastFailure: forward.lastFailure,
    close: forward.close,
  };
}
