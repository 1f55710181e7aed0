import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type net from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KubeError } from "../../components/kubernetes/error.ts";
import { type Endpoint, openEndpoint } from "../../components/tunnel/endpoint.ts";
import {
  type Backend,
  type Cluster,
  labels,
  plainTls,
  startBackend,
  startCluster,
} from "./cluster.ts";
import { echo, failure } from "./exchange.ts";

let cluster: Cluster;
let endpoint: Endpoint | undefined;
let backend: Backend | undefined;

beforeEach(async () => {
  cluster = await startCluster();
});

afterEach(async () => {
  await endpoint?.close();
  endpoint = undefined;
  await cluster.stop();
  await backend?.stop();
  backend = undefined;
});

const fast = { attempts: 3, backoffMs: 5, timeoutMs: 3_000 };

async function open(changes: Parameters<typeof openEndpoint>[2] = {}): Promise<Endpoint> {
  endpoint = await openEndpoint(cluster.spec(), plainTls, { patience: fast, ...changes });
  return endpoint;
}

/** Has the Pod's port served by something else than the echo. */
async function serve(how: (socket: net.Socket) => void): Promise<void> {
  backend = await startBackend(how);
  const portNames = { "tcp-postgresql": 1 };
  cluster.api.pods.set("postgres-0", { labels, portNames, ports: { 1: backend.port } });
}

/** The error a stream ends with after it was asked for something. */
async function streamFailure(stream: Duplex): Promise<KubeError> {
  stream.resume();
  stream.write("anyone?");
  const [error] = (await once(stream, "error")) as [KubeError];
  return error;
}

describe("a connection through the tunnel", () => {
  test("carries bytes both ways, without the protocol's own", async () => {
    const stream = await (await open()).connect();
    expect(await echo(stream, "hello")).toBe("hello");
  });

  test("carries 6 MB both ways", async () => {
    const stream = await (await open()).connect();
    const [sent, got] = [createHash("sha256"), createHash("sha256")];
    const size = 6 * 1024 * 1024;
    let received = 0;
    stream.on("data", (chunk: Buffer) => {
      got.update(chunk);
      received += chunk.length;
    });
    for (let written = 0; written < size; written += 768 * 1024) {
      const chunk = randomBytes(768 * 1024);
      sent.update(chunk);
      if (!stream.write(chunk)) await once(stream, "drain");
    }
    while (received < size) await delay(10);
    expect(received).toBe(size);
    expect(got.digest("hex")).toBe(sent.digest("hex"));
  });

  test("holds little of what nobody reads here, and loses none of it", async () => {
    const size = 8 * 1024 * 1024;
    await serve((socket) => socket.end(Buffer.alloc(size)));
    const stream = await (await open()).connect();
    stream.read(0);
    await delay(400);
    expect(stream.readableLength).toBeLessThan(1024 * 1024);
    let received = 0;
    for await (const chunk of stream) received += (chunk as Buffer).length;
    expect(received).toBe(size);
  });

  test("makes a writer wait for a Pod that does not read", async () => {
    let reader: net.Socket | undefined;
    await serve((socket) => {
      reader = socket.pause();
    });
    const stream = await (await open()).connect();
    const chunk = Buffer.alloc(1024 * 1024);
    // More than the sockets between them hold.
    const most = 40;
    let written = 0;
    const writing = (async () => {
      while (written < most) {
        written += 1;
        if (!stream.write(chunk)) await once(stream, "drain");
      }
    })();
    await delay(600);
    expect(written).toBeLessThan(most);
    reader?.resume();
    await writing;
    expect(written).toBe(most);
  });

  test("has a websocket of its own: 20 at once do not mix", async () => {
    const { connect } = await open();
    const streams = await Promise.all(Array.from({ length: 20 }, () => connect()));
    const answers = await Promise.all(streams.map((s, i) => echo(s, `number ${String(i)}`)));
    expect(answers).toEqual(streams.map((_, i) => `number ${String(i)}`));
    expect(cluster.api.requests.filter((r) => r.startsWith("UPGRADE"))).toHaveLength(20);
    expect(cluster.api.requests.filter((r) => r.startsWith("GET"))).toHaveLength(2);
  });

  test("ends when the Pod's side ends, after its last bytes", async () => {
    await serve((socket) => socket.end("goodbye"));
    const stream = await (await open()).connect();
    const got = await stream.toArray();
    expect(Buffer.concat(got).toString()).toBe("goodbye");
  });

  test("closes the Pod's side when it is ended here, after what was written", async () => {
    const stream = await (await open()).connect();
    expect(await echo(stream, "x")).toBe("x");
    stream.resume();
    stream.end();
    await once(stream, "close");
    await expect.poll(() => cluster.api.sockets.size).toBe(0);
    await expect.poll(() => cluster.backend.sockets.size).toBe(0);
  });

  test("fails alone and at once, when its websocket is cut in the middle", async () => {
    const { connect } = await open();
    const [first, second] = [await connect(), await connect()];
    await echo(first, "one");
    await echo(second, "two");
    const [victim] = cluster.api.sockets;
    const failed = Promise.race([
      once(first, "error").then(([error]) => ({ error: error as KubeError, other: second })),
      once(second, "error").then(([error]) => ({ error: error as KubeError, other: first })),
    ]);
    first.resume();
    second.resume();
    victim?.terminate();
    const { error, other } = await failed;
    expect(error).toMatchObject({ kind: "cut" });
    expect(error.message).toContain('the port-forward to Pod "postgres-0"');
    other.pause();
    expect(await echo(other, "still here")).toBe("still here");
  });
});

describe("a Pod that changes", () => {
  test("is looked up again once a connection to the old one failed", async () => {
    const { connect } = await open();
    await echo(await connect(), "old");
    const pod = cluster.api.pods.get("postgres-0");
    cluster.api.pods.delete("postgres-0");
    cluster.api.pods.set("postgres-1", pod ?? { ports: {} });
    expect(await echo(await connect(), "new")).toBe("new");
    expect(cluster.api.requests.at(-1)).toBe("UPGRADE pods/postgres-1");
  });

  test("is waited for while its port is not open yet, and gets what was sent once", async () => {
    const stream = await (await open()).connect();
    await stream[Symbol.asyncDispose]();
    cluster.api.podErrors.push("dial tcp4 127.0.0.1:5432: connect: connection refused");
    const next = await endpoint?.connect();
    expect(next && (await echo(next, "startup packet"))).toBe("startup packet");
  });

  test("fails as refused in the Pod when the port stays closed", async () => {
    cluster.api.pods.set("postgres-0", { labels, portNames: { "tcp-postgresql": 7 }, ports: {} });
    const { connect, lastFailure } = await open();
    const error = await streamFailure(await connect());
    expect(error.kind).toBe("refused-in-pod");
    expect(error.message).toContain("nothing listens on port 7");
    expect(error.hint).toContain("-n db-postgres logs postgres-0");
    expect(lastFailure()).toBe(error);
    expect(cluster.api.requests.filter((r) => r.startsWith("UPGRADE"))).toHaveLength(3);
  });

  test("fails as gone when its sandbox is", async () => {
    for (let i = 0; i < 3; i += 1) cluster.api.podErrors.push("sandbox 5d1f not found");
    const error = await streamFailure(await (await open()).connect());
    expect(error.kind).toBe("pod-gone");
  });

  test("is never sent anything twice once it has answered", async () => {
    const stream = await (await open()).connect();
    await echo(stream, "x");
    const upgrades = cluster.api.requests.length;
    stream.resume();
    cluster.api.cut();
    const [error] = (await once(stream, "error")) as [KubeError];
    expect(error.kind).toBe("cut");
    expect(cluster.api.requests).toHaveLength(upgrades);
  });

  test("is not connected to again once it has answered, whatever the failure says", async () => {
    const stream = await (await open()).connect();
    await echo(stream, "x");
    const upgrades = cluster.api.requests.length;
    stream.resume();
    const [websocket] = cluster.api.sockets;
    websocket?.send(Buffer.from("\u0001read: connection refused"));
    const [error] = (await once(stream, "error")) as [KubeError];
    expect(error.kind).toBe("refused-in-pod");
    expect(cluster.api.requests).toHaveLength(upgrades);
  });

  test("survives an API server that fails for a moment, and not one that keeps failing", async () => {
    const body = "error dialing backend: dial tcp 10.0.0.7:10250: i/o timeout";
    const { connect } = await open();
    cluster.api.failures.push({ status: 500, body }, { status: 502, body });
    expect(await echo(await connect(), "again")).toBe("again");
    for (let i = 0; i < 3; i += 1) cluster.api.failures.push({ status: 500, body });
    const error = await failure(connect());
    expect(error.kind).toBe("api-failed");
    expect(error.message).toContain(body);
  });
});
