import http, { type IncomingMessage, type ServerResponse } from "node:http";
import net from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

/** A Pod of the double: its ports lead to real listeners on this machine. */
export interface FakePod {
  readonly labels?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly phase?: string;
  readonly isReady?: boolean;
  readonly isDeleted?: boolean;
  readonly waiting?: string;
  readonly portNames?: Readonly<Record<string, number>>;
  /** Port in the Pod → port on 127.0.0.1. A port that is missing is refused in the Pod. */
  readonly ports: Readonly<Record<number, number>>;
}

/** A Service of the double. */
export interface FakeService {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly port: number; readonly targetPort?: number | string }[];
}

/**
 * A stand-in for kube-apiserver, as far as a port-forward needs one: Services and Pods of core/v1,
 * bearer tokens, RBAC refusals as `Status`, and the `v4.channel.k8s.io` port-forward as the kubelet
 * speaks it: both channels begin with the port in two bytes (little endian), data on channel 0, the
 * text of a failure on channel 1, then a close. The real API server is exercised elsewhere.
 */
export class ApiServer {
  readonly services = new Map<string, FakeService>();
  readonly pods = new Map<string, FakePod>();
  /** `get pods/portforward` and the like. */
  readonly denied = new Set<string>();
  /** `GET services/x`, `UPGRADE pods/y`, in order. */
  readonly requests: string[] = [];
  token = "a-token";
  /** Of Kubernetes 1.x. */
  minor = "34";
  readonly namespaces = new Set(["db-postgres"]);
  /** Paths of anything else, such as `/apis/argoproj.io/v1alpha1`, and what they answer with. */
  readonly extensions = new Map<string, unknown>();
  /** What was patched there, in order. */
  readonly patches: { readonly url: string; readonly type: string; readonly body: unknown }[] = [];
  /** The next upgrades get this answer instead. */
  readonly failures: { readonly status: number; readonly body: string }[] = [];
  /** Text of the error channel for the next connections, right after the handshake. */
  readonly podErrors: string[] = [];
  readonly sockets = new Set<WebSocket>();
  readonly #connections = new Set<Duplex>();
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.#answer(request, response, Buffer.concat(chunks).toString("utf8"));
    });
  });
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has("v4.channel.k8s.io") ? "v4.channel.k8s.io" : false),
  });

  async start(): Promise<string> {
    this.#server.on("connection", (socket: net.Socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
    this.#server.on("upgrade", (request: IncomingMessage, socket: net.Socket, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this.url;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${String((address as net.AddressInfo).port)}`;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** The network goes, without a goodbye. */
  cut(): void {
    for (const socket of this.#connections) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #refusal(request: IncomingMessage, verb: string): { code: number; message: string } | undefined {
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      return { code: 401, message: "Unauthorized" };
    }
    const [, namespace = "", resource = "", name, subresource] =
      /^\/api\/v1\/namespaces\/([^/?]+)\/([^/?]+)(?:\/([^/?]+))?(?:\/([^/?]+))?/.exec(
        request.url ?? "",
      ) ?? [];
    const full = subresource === undefined ? resource : `${resource}/${subresource}`;
    if (this.denied.has(`${verb} ${full}`)) {
      const message = `${resource} "${name ?? ""}" is forbidden: User "alice" cannot ${verb} resource "${full}" in API group "" in the namespace "${namespace}"`;
      return { code: 403, message };
    }
    const known = resource === "pods" ? this.pods : this.services;
    if (name !== undefined && !known.has(name)) {
      return { code: 404, message: `${resource} "${name}" not found` };
    }
    return undefined;
  }

  /** What is no Service and no Pod; undefined = it is one. */
  #answerElsewhere(request: IncomingMessage, path: string, body: string) {
    if (path === "/version") return { minor: this.minor, gitVersion: `v1.${this.minor}.0` };
    if (request.headers.authorization !== `Bearer ${this.token}`) return undefined;
    if (path.endsWith("/selfsubjectaccessreviews") && request.method === "POST") {
      const { spec } = JSON.parse(body) as {
        spec: {
          resourceAttributes: { verb: string; resource: string; subresource?: string };
        };
      };
      const { verb, resource, subresource } = spec.resourceAttributes;
      const full = subresource === undefined ? resource : `${resource}/${subresource}`;
      return { status: { allowed: !this.denied.has(`${verb} ${full}`) } };
    }
    if (request.method === "PATCH" && this.extensions.has(path)) {
      const type = request.headers["content-type"] ?? "";
      this.patches.push({ url: request.url ?? "", type, body: JSON.parse(body) as unknown });
    }
    const namespace = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path)?.[1];
    if (namespace !== undefined) return this.namespaces.has(namespace) ? {} : "absent";
    return this.extensions.get(path) ?? (path.startsWith("/apis/") ? "absent" : undefined);
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? "", this.url);
    const elsewhere = this.#answerElsewhere(request, url.pathname, body);
    if (elsewhere !== undefined) {
      const status = elsewhere === "absent" ? 404 : 200;
      this.requests.push(`${request.method ?? ""} ${url.pathname}`);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(elsewhere));
      return;
    }
    const [, resource = "", name] = /\/namespaces\/[^/]+\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? [];
    this.requests.push(`GET ${resource}/${name ?? ""}`);
    const verb = name ? "get" : "list";
    const refusal = this.#refusal(request, verb);
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (refusal !== undefined) {
      send(refusal.code, toStatus(refusal));
    } else if (resource === "services") {
      const service = this.services.get(name ?? "");
      send(200, { kind: "Service", metadata: { name }, spec: service });
    } else if (name) {
      send(200, toPod(name, this.pods.get(name)));
    } else {
      const selector = url.searchParams.get("labelSelector") ?? "";
      const items = [...this.pods]
        .filter(([, pod]) => toSelector(pod.labels ?? {}).includes(selector))
        .map(([pod, description]) => toPod(pod, description));
      send(200, { kind: "PodList", items });
    }
  }

  #upgrade(request: IncomingMessage, socket: net.Socket, head: Buffer): void {
    const url = new URL(request.url ?? "", this.url);
    const name = /\/pods\/([^/]+)\/portforward/.exec(url.pathname)?.[1] ?? "";
    this.requests.push(`UPGRADE pods/${name}`);
    const refusal = this.#refusal(request, "get");
    const failure =
      refusal === undefined
        ? this.failures.shift()
        : { status: refusal.code, body: JSON.stringify(toStatus(refusal)) };
    if (failure !== undefined) {
      const length = String(Buffer.byteLength(failure.body));
      socket.end(
        `HTTP/1.1 ${String(failure.status)} Refused\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${failure.body}`,
      );
      return;
    }
    const port = Number(url.searchParams.get("ports"));
    this.#upgrades.handleUpgrade(request, socket, head, (websocket) => {
      this.sockets.add(websocket);
      websocket.once("close", () => this.sockets.delete(websocket));
      this.#forward(websocket, this.pods.get(name)?.ports[port], port);
    });
  }

  #forward(websocket: WebSocket, backend: number | undefined, port: number): void {
    const header = Buffer.alloc(2);
    header.writeUInt16LE(port);
    websocket.send(Buffer.concat([Buffer.of(0), header]));
    websocket.send(Buffer.concat([Buffer.of(1), header]));
    const fail = (reason: string): void => {
      const text = `error forwarding port ${String(port)} to pod 5d1f, uid : ${reason}`;
      websocket.send(Buffer.concat([Buffer.of(1), Buffer.from(text)]));
      websocket.close(1000);
    };
    const planned = this.podErrors.shift();
    if (planned !== undefined) {
      fail(planned);
      return;
    }
    if (backend === undefined) {
      fail(
        `failed to execute portforward in network namespace "/var/run/netns/cni-1": failed to connect to localhost:${String(port)} inside namespace, IPv4: dial tcp4 127.0.0.1:${String(port)}: connect: connection refused`,
      );
      return;
    }
    const target = net.connect({ port: backend, host: "127.0.0.1", allowHalfOpen: true });
    target.on("data", (chunk) => {
      target.pause();
      websocket.send(Buffer.concat([Buffer.of(0), chunk]), () => target.resume());
    });
    target.once("end", () => {
      websocket.close(1000);
    });
    target.on("error", (error) => {
      fail(error.message);
    });
    websocket.on("message", (message: Buffer) => {
      if (!target.write(message.subarray(1))) websocket.pause();
    });
    target.on("drain", () => {
      websocket.resume();
    });
    websocket.once("close", () => target.destroy());
    websocket.on("error", () => undefined);
  }
}

function toStatus(refusal: { readonly code: number; readonly message: string }): unknown {
  return { kind: "Status", apiVersion: "v1", status: "Failure", ...refusal };
}

function toSelector(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function toPod(name: string, pod: FakePod | undefined): unknown {
  const ports = Object.entries(pod?.portNames ?? {});
  const waiting = pod?.waiting === undefined ? {} : { waiting: { reason: pod.waiting } };
  return {
    kind: "Pod",
    metadata: {
      name,
      namespace: "db-postgres",
      labels: pod?.labels,
      uid: pod?.uid ?? "5d1f",
      ...(pod?.isDeleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: {
      containers: [{ ports: ports.map(([n, containerPort]) => ({ name: n, containerPort })) }],
    },
    status: {
      phase: pod?.phase ?? "Running",
      conditions: [{ type: "Ready", status: pod?.isReady === false ? "False" : "True" }],
      containerStatuses: [{ state: waiting }],
    },
  };
}
