import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KubeError } from "../../components/kubernetes/error.ts";
import { type Endpoint, openEndpoint } from "../../components/tunnel/endpoint.ts";
import type { FakePod } from "./api-server.ts";
import { type Cluster, plainTls, startCluster } from "./cluster.ts";
import { echo } from "./exchange.ts";

/**
 * A Pod that goes while its node keeps the websocket open and answers its pings, as kwok does and as
 * proxies in front of an API server may.
 */

let cluster: Cluster;
let endpoint: Endpoint;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  cluster = await startCluster();
});

afterEach(async () => {
  vi.useRealTimers();
  await endpoint.close();
  await cluster.stop();
});

function change(changes: Partial<FakePod> | undefined): void {
  const pod = cluster.api.pods.get("postgres-0");
  if (changes === undefined) cluster.api.pods.delete("postgres-0");
  else cluster.api.pods.set("postgres-0", { ports: {}, ...pod, ...changes });
}

test.each([
  ["service", "is replaced by one of the same name", { uid: "another" }],
  ["service", "has ended", { phase: "Failed" }],
  ["service", "is deleted", undefined],
  ["pod", "is replaced by one of the same name", { uid: "another" }],
  ["pod", "is deleted", undefined],
] as const)("connections to a %s's Pod fail within half a minute when it %s", async (...given) => {
  const [kind, , changes] = given;
  const name = kind === "pod" ? "postgres-0" : "postgres-postgresql";
  const port = kind === "pod" ? 15999 : 5432;
  endpoint = await openEndpoint(cluster.spec({ target: { kind, name }, port }), plainTls);
  const streams = [await endpoint.connect(), await endpoint.connect()];
  for (const stream of streams) await echo(stream, "x");
  const failures = streams.map((stream) => once(stream.resume(), "error"));
  const requestsBefore = cluster.api.requests.length;
  change(changes);
  vi.advanceTimersByTime(30_000);
  for (const [error] of (await Promise.all(failures)) as [KubeError][]) {
    expect(error.kind).toBe("pod-gone");
    expect(error.message).toContain("was replaced or ended while a connection to it was open");
    expect(error.hint).toContain("run the same command again");
  }
  expect(cluster.api.requests).toHaveLength(requestsBefore + 1);
  while (cluster.api.sockets.size > 0) await delay(5);
});

test.each([
  ["is the same", () => undefined],
  [
    "is about to end",
    () => {
      change({ isDeleted: true });
    },
  ],
  ["may not be asked for", () => cluster.api.denied.add("list pods")],
  ["is refused", () => (cluster.api.token = "another")],
])("a connection to a Pod that %s is left alone", async (_, doing) => {
  endpoint = await openEndpoint(cluster.spec(), plainTls);
  const stream = await endpoint.connect();
  await echo(stream, "x");
  doing();
  const requestsBefore = cluster.api.requests.length;
  vi.advanceTimersByTime(30_000);
  while (cluster.api.requests.length === requestsBefore) await delay(5);
  await delay(50);
  expect(await echo(stream, "still here")).toBe("still here");
});
