import { once } from "node:events";
import net from "node:net";
import { toShellWord } from "../command-line.ts";
import type { EndpointSpec, TlsSpec } from "../config/spec/postgres.ts";
import type { Connections } from "./dial.ts";
import { openPortForward, type PortForwardOptions } from "./port-forward.ts";

/** How Postgres is reached, directly or through a port-forward. */
export interface Endpoint extends Connections {
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
}

export interface EndpointOptions extends PortForwardOptions {
  /** Serve the local port, for other clients: the registry's provider, psql. */
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
  const { context, listen, ...connections } = await openPortForward(spec, spec, options);
  if (options.listens === true) {
    try {
      await listen(spec.localPort);
    } catch (error) {
      await connections.close();
      throw error;
    }
  }
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
    ...connections,
  };
}
