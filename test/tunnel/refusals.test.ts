import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toShownText } from "../../components/kubernetes/error.ts";
import { openEndpoint } from "../../components/tunnel/endpoint.ts";
import { freePort } from "../../dev/postgres/ports.ts";
import { countFaults } from "../faults/count.ts";
import {
  type Cluster,
  labels,
  plainTls,
  startBackend,
  startCluster,
  toKubeconfig,
} from "./cluster.ts";
import { refusal, writeKubeconfig } from "./refusal.ts";

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster();
});

afterEach(async () => {
  await cluster.stop();
});

countFaults("of a tunnel");

describe("the API server", () => {
  test("fails when it cannot be reached, with its URL and the command to try", async () => {
    const url = `http://127.0.0.1:${String(await freePort())}`;
    const kubeconfig = writeKubeconfig(cluster, toKubeconfig(url, "t"));
    const error = await refusal(cluster, { kubeconfig });
    expect(error.kind).toBe("api-unreachable");
    expect(error.message).toContain(
      `${url} (context "home", to GET /api/v1/namespaces/db-postgres`,
    );
    expect(error.hint).toBe(`kubectl --kubeconfig ${kubeconfig} --context home cluster-info`);
  });

  test("fails in time when it swallows packets", async () => {
    const backend = await startBackend(() => undefined);
    const url = `http://127.0.0.1:${String(backend.port)}`;
    const error = await refusal(cluster, {
      kubeconfig: writeKubeconfig(cluster, toKubeconfig(url, "t")),
    });
    expect(error.message).toContain("no answer within");
    await backend.stop();
  });

  test("fails on a refused credential with the user", async () => {
    cluster.api.token = "another";
    const error = await refusal(cluster);
    expect(error.kind).toBe("unauthorized");
    expect(error.message).toContain('credential of user "alice" (context "home"): 401');
  });

  test.each([
    ["get services", "get", "get services"],
    ["list pods", "list", "list pods"],
    ["get pods/portforward", "get", "get pods --subresource=portforward"],
  ])("fails when %s is forbidden, with the line that tests it", async (denied, _verb, canI) => {
    cluster.api.denied.add(denied);
    const error = await refusal(cluster);
    expect(error.kind).toBe("forbidden");
    expect(error.message).toContain(`not allowed to ${denied} in namespace "db-postgres"`);
    expect(error.hint).toContain(`-n db-postgres auth can-i ${canI}`);
  });

  test("names the verb the server asks for, not only the request's own", async () => {
    // As kube-apiserver 1.35 says it: the verb is not in it.
    const message = 'pods "postgres-0" is forbidden: ';
    cluster.api.failures.push({ status: 403, body: JSON.stringify({ message }) });
    const error = await refusal(cluster);
    expect(error.hint).toContain('verbs "get" and "create" on pods/portforward');
    expect(error.hint).toContain("auth can-i create pods --subresource=portforward");
  });
});

describe("the target", () => {
  test("fails when the Service is not there", async () => {
    const error = await refusal(cluster, { target: { kind: "service", name: "pg" } });
    expect(error.kind).toBe("not-found");
    expect(error.message).toContain('no services "pg" in namespace "db-postgres" (context "home")');
  });

  test("fails when the Service has no such port", async () => {
    const error = await refusal(cluster, { port: 5433 });
    expect(error.message).toContain("has no port 5433; it has: 5432");
  });

  test("fails when no Pod of the Service is ready, with the state of each", async () => {
    const ports = {};
    cluster.api.pods.set("postgres-0", { labels, ports, isReady: false });
    cluster.api.pods.set("postgres-1", { labels, ports, phase: "Pending", isReady: false });
    cluster.api.pods.set("postgres-2", { labels, ports, isDeleted: true });
    cluster.api.pods.set("postgres-3", {
      labels,
      ports,
      isReady: false,
      waiting: "CrashLoopBackOff",
    });
    const error = await refusal(cluster);
    expect(error.kind).toBe("no-ready-pod");
    expect(error.message).toContain(
      "postgres-0 is Running, not ready; postgres-1 is Pending; postgres-2 is Terminating; postgres-3 is Running (CrashLoopBackOff)",
    );
  });

  test("fails when the port's name is not in the Pod", async () => {
    cluster.api.pods.set("postgres-0", { labels, ports: {} });
    expect((await refusal(cluster)).message).toContain('no port named "tcp-postgresql"');
  });

  test("takes a ready Pod, though another comes first", async () => {
    const pod = cluster.api.pods.get("postgres-0") ?? { ports: {} };
    cluster.api.pods.set("a-broken-one", { ...pod, isReady: false });
    const endpoint = await openEndpoint(cluster.spec(), plainTls);
    await endpoint.connect();
    expect(cluster.api.requests.at(-1)).toBe("UPGRADE pods/postgres-0");
    await endpoint.close();
  });

  test("can be a Pod and a port of its own", async () => {
    const target = { kind: "pod", name: "postgres-0" } as const;
    const endpoint = await openEndpoint(cluster.spec({ target, port: 15999 }), plainTls);
    await endpoint.connect();
    expect(cluster.api.requests).toEqual(["GET pods/postgres-0", "UPGRADE pods/postgres-0"]);
    await endpoint.close();
  });

  test("fails when the Pod does not run", async () => {
    cluster.api.pods.set("postgres-0", { ports: {}, phase: "Failed" });
    const error = await refusal(cluster, { target: { kind: "pod", name: "postgres-0" } });
    expect(error.message).toContain("does not run: Failed");
  });
});

test("a text of others is shown on one line, short and without tokens", () => {
  const secret = "A".repeat(80);
  expect(toShownText(`one\n two Bearer abc.def token=xyz ${secret}`)).toBe(
    "one two Bearer [hidden] token=[hidden] [hidden]",
  );
  // The last @ before the host is the one that counts.
  expect(toShownText("postgres://me:Canary@0123@db/x, http://me:@db")).toBe(
    "postgres://db/x, http://db",
  );
  expect(toShownText('cannot open "postgres://me:Canary-0123@db/x?password=Canary-4567"')).toBe(
    'cannot open "postgres://db/x?password=[hidden]"',
  );
  expect(
    toShownText('refused token s.Canary0123456 and token "ghp_Canary0123"; the token expired'),
  ).toBe('refused token [hidden] and token [hidden]"; the token expired');
  expect(toShownText("word ".repeat(200)).length).toBeLessThan(402);
});
