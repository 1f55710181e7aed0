import { once } from "node:events";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KubeError } from "../../components/kubernetes/error.ts";
import { type Endpoint, openEndpoint } from "../../components/tunnel/endpoint.ts";
import { type Cluster, plainTls, startCluster } from "./cluster.ts";
import { echo, failure } from "./exchange.ts";

let cluster: Cluster;
let endpoint: Endpoint | undefined;

beforeEach(async () => {
  cluster = await startCluster();
});

afterEach(async () => {
  await endpoint?.close();
  endpoint = undefined;
  await cluster.stop();
});

const fast = { attempts: 3, backoffMs: 5, timeoutMs: 3_000 };

async function open(changes: Parameters<typeof openEndpoint>[2] = {}): Promise<Endpoint> {
  endpoint = await openEndpoint(cluster.spec(), plainTls, { patience: fast, ...changes });
  return endpoint;
}

describe("the local port", () => {
  test("carries connections to the Pod", async () => {
    const { port, host } = await open({ listens: true });
    const socket = net.connect(port, host);
    expect(await echo(socket, "through the port")).toBe("through the port");
    socket.destroy();
  });

  test("fails when somebody has it, and does not use theirs", async () => {
    const { localPort } = cluster.spec();
    const other = net.createServer().listen(localPort, "127.0.0.1");
    await once(other, "listening");
    const error = await failure(open({ listens: true }));
    expect(error.kind).toBe("port-taken");
    expect(error.message).toContain(`port ${String(localPort)} on 127.0.0.1 is taken`);
    expect(error.hint).toContain("berth:postgres.endpoint.kubernetes.localPort");
    other.close();
    await once(other, "close");
  });

  test("resets a client whose connection fails, and says why elsewhere", async () => {
    const errors: KubeError[] = [];
    const { port, host, lastFailure } = await open({
      listens: true,
      onError: (error) => errors.push(error),
    });
    cluster.api.denied.add("get pods/portforward");
    const socket = net.connect(port, host).resume();
    await once(socket, "error").catch(() => undefined);
    expect(errors.map((error) => error.kind)).toEqual(["forbidden"]);
    expect(lastFailure()).toBe(errors[0]);
  });

  test("is free again after close, and nothing is left open", async () => {
    const { port, host, connect, close } = await open({ listens: true });
    const socket = net.connect(port, host);
    socket.on("error", () => undefined);
    await echo(socket, "x");
    const stream = await connect();
    await echo(stream, "y");
    expect(cluster.api.sockets.size).toBe(2);
    await close();
    expect(stream.destroyed).toBe(true);
    await expect.poll(() => cluster.api.connectionCount).toBe(0);
    await expect.poll(() => cluster.backend.sockets.size).toBe(0);
    const next = net.createServer().listen(port, host);
    await once(next, "listening");
    next.close();
    expect((await failure(connect())).kind).toBe("closed");
  });

  test("close ends a connection that is still being opened", async () => {
    const { connect, close } = await open({
      patience: { attempts: 9, backoffMs: 10_000, timeoutMs: 60_000 },
    });
    cluster.api.failures.push({ status: 500, body: "" });
    const opening = failure(connect());
    await delay(50);
    await close();
    expect((await opening).kind).toBe("closed");
  });
});
