import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EndpointSpec, TlsSpec } from "../../components/config/spec/postgres.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { ApiServer } from "./api-server.ts";

type KubernetesSpec = Extract<EndpointSpec, { kind: "kubernetes" }>;

/** An API server double with one Service and one Pod, a kubeconfig for it, and a listener behind. */
export interface Cluster {
  readonly api: ApiServer;
  readonly kubeconfig: string;
  readonly folder: string;
  readonly backend: Backend;
  spec(changes?: Partial<KubernetesSpec>): KubernetesSpec;
  /** The Pod leads to a real Postgres on this machine, in place of the listener. */
  leadTo(port: number): void;
  stop(): Promise<void>;
}

/** A plain TCP listener on this machine. */
export interface Backend {
  readonly port: number;
  readonly sockets: ReadonlySet<net.Socket>;
  stop(): Promise<void>;
}

export const plainTls: TlsSpec = { mode: "disable", caFile: undefined, serverName: "postgres" };

export const labels = { app: "postgres" };

/** Starts a listener that does `serve` with each connection; an echo when nothing else is said. */
export async function startBackend(
  serve: (socket: net.Socket) => void = (socket) => socket.pipe(socket),
): Promise<Backend> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    sockets,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One API server, one Service `postgres-postgresql`, one ready Pod `postgres-0`. */
export async function startCluster(serve?: (socket: net.Socket) => void): Promise<Cluster> {
  const api = new ApiServer();
  const url = await api.start();
  const backend = await startBackend(serve);
  api.services.set("postgres-postgresql", {
    selector: labels,
    ports: [{ port: 5432, targetPort: "tcp-postgresql" }],
  });
  api.pods.set("postgres-0", {
    labels,
    portNames: { "tcp-postgresql": 15999 },
    ports: { 15999: backend.port },
  });
  const folder = mkdtempSync(join(tmpdir(), "berth-tunnel-"));
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, toKubeconfig(url, api.token));
  const localPort = await freePort();
  return {
    api,
    kubeconfig,
    folder,
    backend,
    spec: (changes = {}) => ({
      kind: "kubernetes",
      kubeconfig,
      context: "home",
      namespace: "db-postgres",
      target: { kind: "service", name: "postgres-postgresql" },
      port: 5432,
      localPort,
      ...changes,
    }),
    leadTo: (port) => {
      const portNames = { "tcp-postgresql": 5432 };
      api.pods.set("postgres-0", { labels, portNames, ports: { 5432: port } });
    },
    stop: async () => {
      await api.stop();
      await backend.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A kubeconfig with the contexts `home` (current) and `lab`. */
export function toKubeconfig(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "home",
    clusters: [{ name: "home", cluster: { server } }],
    users: [{ name: "alice", user: { token } }],
    contexts: ["home", "lab"].map((name) => ({
      name,
      context: { cluster: "home", user: "alice" },
    })),
  });
}
