import http from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { WebSocketServer } from "ws";
import { isMapping } from "../../../components/mapping.ts";

export type Json = { readonly [key: string]: unknown };

/**
 * A stand-in for kube-apiserver, as far as the script that copies a certificate needs one: objects to get and to
 * patch, bearer tokens, and `exec` of `cat`, as the kubelet speaks `v4.channel.k8s.io`.
 */
export class CertificateApi {
  readonly token = "canary-token-of-the-job";
  /** Objects by path. */
  readonly objects = new Map<string, Json>();
  /** Texts by `pod file`. */
  readonly files = new Map<string, string>();
  /** `PATCH /api/…`: all requests that change something, in order. */
  readonly changes: { readonly path: string; readonly body: Json }[] = [];
  /** Paths that are refused, with the message. */
  readonly denied = new Map<string, string>();
  readonly containers: (string | null)[] = [];
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has("v4.channel.k8s.io") ? "v4.channel.k8s.io" : false),
  });
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const [status, body] = this.#answer(request, Buffer.concat(chunks).toString("utf8"));
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });

  async start(): Promise<void> {
    this.#server.on("upgrade", (request, socket, head) => {
      const [status] = this.#answer(request, "");
      if (status !== 400) {
        socket.end(`HTTP/1.1 ${String(status)} No\r\nconnection: close\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (client) => {
        const { pathname, searchParams } = new URL(request.url ?? "", this.url);
        const [, pod = ""] = /\/pods\/([^/]+)\/exec$/.exec(pathname) ?? [];
        const [command, file = ""] = searchParams.getAll("command");
        this.containers.push(searchParams.get("container"));
        const text = command === "cat" ? this.files.get(`${pod} ${file}`) : undefined;
        const send = (channel: number, part: string): void => {
          client.send(Buffer.concat([Buffer.of(channel), Buffer.from(part)]));
        };
        if (text === undefined) {
          send(2, `cat: ${file}: No such file or directory\n`);
          send(3, JSON.stringify({ status: "Failure", message: "command terminated" }));
        } else {
          // In two messages, as a longer file comes.
          send(1, text.slice(0, 40));
          send(1, text.slice(40));
          send(3, JSON.stringify({ status: "Success" }));
        }
        client.close(1000);
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: http.IncomingMessage, body: string): [number, Json] {
    const { pathname: path } = new URL(request.url ?? "", this.url);
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      return [401, { message: "Unauthorized" }];
    }
    const refusal = this.denied.get(path);
    if (refusal !== undefined) return [403, { message: refusal }];
    const pod = /\/pods\/([^/]+)\/exec$/.exec(path)?.[1];
    if (pod !== undefined) {
      const isThere = [...this.files.keys()].some((key) => key.startsWith(`${pod} `));
      return isThere ? [400, { message: "Upgrade request required" }] : [404, {}];
    }
    const object = this.objects.get(path);
    if (object === undefined) return [404, { message: "not found" }];
    if (request.method === "GET") return [200, object];
    const patch = JSON.parse(body) as Json;
    const patched = merge(object, patch);
    this.changes.push({ path, body: patch });
    if (!isDeepStrictEqual(patched, object)) this.objects.set(path, patched);
    return [200, patched];
  }
}

/** RFC 7396, without the removal of keys. */
function merge(target: Json, patch: Json): Json {
  const entries = Object.entries(patch).map(([key, value]) => {
    const old = target[key];
    return [key, isMapping(value) ? merge((old ?? {}) as Json, value) : value] as const;
  });
  return { ...target, ...Object.fromEntries(entries) };
}
